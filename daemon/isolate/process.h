/* SPDX-License-Identifier: MIT */
/*
 * A host's process: this very binary, started anew, so that nothing of the daemon's
 * is in it.
 *
 * Stage: in-band.
 */
#pragma once

#include "isolate/wire.h"

#include <stddef.h>
#include <sys/types.h>

/* The descriptor which it finds its socket by, and the argument it begins with. */
#define PROCESS_SOCK	 3
#define PROCESS_ARGUMENT "--isolated-host"

/* Start one that is called @name. Yours: its socket, and its pidfd. 0 or -errno. */
int process_start(const char *name, pid_t *r_pid, int *r_sock, int *r_pid_fd);
/* It has ended, or is about to: how, in words. Blocks: until it has. */
void process_reap(pid_t pid, char *text, size_t size);

/* The shared memory, sealed. The descriptor, or -errno. */
int process_memory(unsigned int nr_lanes, size_t *r_size);
