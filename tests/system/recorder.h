/* SPDX-License-Identifier: MIT */
/* evl record with the arguments of a test, and what it wrote. */
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

extern struct recorder {
	pid_t pid;
	int in, out, err;   /* what it has as such */
	int other_out;	    /* instead of the pipe; 0: none */
	char said[8192];    /* to stderr */
	char printed[8192]; /* to stdout */
	rlim_t room;	    /* in a file; 0: as much as there is */
} recorder;

extern char recorder_path[64]; /* of what is recorded */

/* Checked fixtures; teardown stops a daemon if the test has started one. */
void recorder_setup(void);
void recorder_teardown(void);

/* Arguments up to NULL. */
void recorder_start(const char *first, ...);
/* It ends with @status, and has said @text, if any. */
void recorder_ends(int status, const char *text);

/* A trace of the test's own, at that path. */
void recorder_write(const char *text);
