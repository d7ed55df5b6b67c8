/* SPDX-License-Identifier: MIT */
/*
 * The daemon's end of everything libevlclient does: the control socket, and
 * the doorbell channels behind it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct stack_pool;

/* What the front knows and the server has to tell, or ask. */
struct server_front {
	uint32_t kind; /* enum control_front */
	uint64_t mount_dev;
	const char *devdir;
	bool (*owns_rdev)(uint64_t rdev);
};

struct server_config {
	const char *socket; /* path */
	mode_t mode;
	gid_t gid; /* (gid_t)-1: as it comes */
	unsigned int max_clients;
	unsigned int max_threads;  /* per client */
	unsigned int max_fds;	   /* bound descriptors per client */
	struct stack_pool *stacks; /* for oob fibers */
	struct server_front front;
};

/*
 * Claim @path for this process: one daemon a socket. On failure (-EADDRINUSE:
 * another one lives) one line on the log names the thing and the remedy. What
 * is at @path is left alone, unless it is a socket nobody listens on.
 */
int server_lock(const char *path);
void server_unlock(void);

/* Listen; the socket is ours already, what a dead owner left there goes. On
 * failure one line on the log names the thing and the remedy. */
int server_start(const struct server_config *wanted);
/* Nobody may connect any more, the socket is unlinked; clients are told to
 * leave. */
void server_hangup(void);
/* Serve the loop until they have left. False: at @deadline there are some which
 * cannot, see stuck.h; nothing that a worker's handlers use may go. */
bool server_stop(uint64_t deadline);

const struct server_config *server_config(void);
uint64_t server_start_ns(void);
