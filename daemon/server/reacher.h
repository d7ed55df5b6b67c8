/* SPDX-License-Identifier: MIT */
/*
 * Processes which reach into callers' memory for the in-band stage. A page may
 * come from a file system of the caller's own, which never answers: whoever
 * touches it then waits in the kernel, where nothing wakes it, and its process
 * cannot even die. So these have nothing of ours, but one socket and a piece of
 * shared memory each.
 *
 * A first one is forked before there are threads, and forks the others.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define REACHER_SIZE 65536u /* of the shared memory: the most at a time */

enum reacher_op {
	REACHER_FETCH = 1, /* from there into the shared memory */
	REACHER_STORE = 2,
};

/*
 * With a descriptor of /proc/PID/mem by SCM_RIGHTS, or the pid. Answered by an
 * int32_t: how many bytes were moved. The very first int32_t is the process's
 * own pid, for who has to kill it.
 */
struct reacher_job {
	uint32_t op;
	int32_t pid;
	uint64_t addr;
	uint64_t len;
};

/* Fork the first one, from a process with one thread. 0 or -errno. */
int reacher_prepare(void);
/* A new one: the socket to it, and its memory; both owned. 0 or -errno. */
int reacher_new(int *r_fd, void **r_mem);
void reacher_free(int fd, void *mem);
/* @mem_fd -1: by the pid. 0 or -errno. */
int reacher_ask(int fd, const struct reacher_job *job, int mem_fd);
/* No further ones; those that are idle end. */
void reacher_quit(void);
