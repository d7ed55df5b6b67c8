/* SPDX-License-Identifier: MIT */
/*
 * Drivers in processes of their own. What the daemon's main.c starts and stops, and
 * what it calls in a host.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* From now on drivers can be isolated. @blob is what a host is to know of how the
 * daemon was started, and @devices, a descriptor, of what was configured of devices
 * (-1: nothing); borrowed. */
void isolate_start(const void *blob, uint32_t size, int devices);
const void *isolate_blob(uint32_t *r_size);
int isolate_devices(void);

/* Clients and front are about to be hung up: processes whose handlers do not let
 * them go are killed in a while. */
void isolate_hangup(void);
/* All processes are killed which are still there. */
void isolate_stop(void);

/* In a host: am I one? */
bool isolate_is_host(int argc, char **argv);
/* Its first message: *@blob of @size bytes is filled; *r_devices is yours, or -1.
 * 0 or -errno. */
int host_prepare(void *blob, uint32_t size, int *r_devices);
/* Stages and core are up, and about to have the devices of the configuration. */
void host_devices_start(void);
struct stack_pool;
/* Stages and core are up, with fibers' stacks from @stacks: load the driver, serve until the end. */
void host_run(struct stack_pool *stacks);
/* The workers have ended. False: some calls have not. */
bool host_free_fibers(void);
