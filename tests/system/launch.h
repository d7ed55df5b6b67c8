/* SPDX-License-Identifier: MIT */
/*
 * A start of evl-cused with arguments, rights and a file system of the test's
 * own choosing, which may fail. Beside daemon.h, which starts one to use it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#define LAUNCH_ARGS 80

struct launch {
	const char *args[LAUNCH_ARGS]; /* without argv[0] */
	/* In the child, before it becomes the daemon; may be NULL. */
	void (*become)(void);
	/* Filled by launch(): */
	pid_t pid;  /* 0: it ended */
	int status; /* exit status of one that ended */
	int log_fd; /* owned, a file with all it says */
};

/* Checked fixtures: a private directory, and nothing of a daemon's in it when
 * the test ends. */
void launch_setup(void);
void launch_teardown(void);
/* "<the directory>/<name>", in a static buffer (32 of them). */
const char *launch_path(const char *name);

/* True: it is ready to serve. False: it ended, or went on to background. */
bool launch(struct launch *l);
/* As above, and the log says a line with both @thing and @remedy. */
void launch_refused(struct launch *l, int status, const char *thing,
		    const char *remedy);
/* Send @sig, await the end, return the exit status (128 + signal). */
int launch_end(struct launch *l, int sig);
/* Forget about its log. */
void launch_close(struct launch *l);

/* Is there a line with both? Either may be NULL. */
bool launch_said(const struct launch *l, const char *thing, const char *other);
unsigned int launch_nr_lines(const struct launch *l);
/* Is the first line with @thing above the first one with @other? */
bool launch_said_before(const struct launch *l, const char *thing,
			const char *other);

/* Is something mounted on, or below, @path? Listening below it? */
bool launch_mounted(const char *path);
bool launch_listening(const char *path);
/* The names in @path, sorted, in a static buffer. */
const char *launch_list(const char *path);

/* This process and its children have a /dev and a /run of their own from now
 * on: with /dev/null and its like, and, if wanted, /dev/fuse of @fuse_mode.
 * Root only. */
void launch_private_dev(mode_t fuse_mode);
/* For ->become: user and group "nobody", 65534. */
void launch_become_nobody(void);
