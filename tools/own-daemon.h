/* SPDX-License-Identifier: MIT */
/*
 * An evl-cused of the tool's own: private socket and mount point in a directory
 * in /tmp, found through EVL_CUSED_SOCKET, gone when the tool is. There is one
 * at a time.
 */
#pragma once

#include <limits.h>
#include <signal.h>
#include <stdbool.h>

struct own_daemon_options {
	const char *program; /* NULL: beside us, or in PATH */
	/* Beside those that say where; NULL-terminated, or NULL. */
	const char *const *args;
	/* Becomes a signal's number when we are to stop. Or NULL. */
	const volatile sig_atomic_t *signal;
};

/* The first of @places, below the directory we are in, that has a file. */
const char *own_daemon_find_near(const char *const *places,
				 char found[PATH_MAX]);

/* Start it and wait until it answers; again after it was stopped, or killed. 0
 * or an exit status; what is wrong was said. */
int own_daemon_start(const struct own_daemon_options *options);
/* End it, say so if it has ended before, and remove its directory. */
void own_daemon_stop(void);
/* End it at once, with whatever is in its way; the directory stays for the next
 * one. */
void own_daemon_kill(void);
bool own_daemon_has_ended(void);
/* Where it writes its log. */
const char *own_daemon_log(void);
