/* SPDX-License-Identifier: MIT */
/* Running evl-driver, as people do, and what it says. */
#pragma once

#include <sys/types.h>

/* Exit statuses of evl-driver's own. */
enum {
	TOOL_NOT_FOR_US = 3,
	TOOL_CANNOT_LOAD = 4,
	TOOL_IN_USE = 5,
};

struct tool_run {
	pid_t pid;	 /* of one started, 0: it ended */
	int status;	 /* its exit status, or 128 + signal */
	char text[8192]; /* what it wrote, to stdout or stderr */
	int fd;
};

/* Of a program which writes to each of them apart. */
struct tool_output {
	int status; /* as above */
	char out[32768], err[4096];
};

/* Run it to its end, with arguments up to NULL. Returns the exit status. */
int tool_run(struct tool_run *run, ...);
/* The same in two steps. */
void tool_start(struct tool_run *run, ...);
int tool_wait(struct tool_run *run);
/* It is to end with @status, and to have said @text (NULL: nothing at all). */
void tool_expect(int status, const char *text, ...);
/* Run any program, @args up to NULL. Returns the exit status. */
int tool_run_apart(struct tool_output *output, const char *program,
		   const char *const *args);
