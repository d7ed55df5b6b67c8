/* SPDX-License-Identifier: MIT */
/*
 * A polling set with something to poll, and threads of the test's which wait.
 */
#pragma once

#include <evl/evl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

extern int poller_set; /* a polling set, empty */
extern int poller_fd;  /* a cross-buffer, with rings of 8 bytes */

/* Checked fixture, with endure_teardown(): a daemon, and the calling thread
 * attached to it, has made both. */
void poller_setup(void);
/* The same with a daemon which has these arguments. */
void poller_setup_with(const char *const *args);

/* One more such cross-buffer. */
int poller_xbuf(void);
/* Add @fd to the set, with a value waiter_ck() knows. */
int poller_add(int fd, unsigned int mask);
void poller_set_nonblock(int fd, bool nonblock);

/* A thread of ours in a wait on the set. */
struct waiter {
	int set;
	struct timespec timeout;
	struct evl_poll_event events[4];
	int ret;
	_Atomic(pid_t) tid;
	pthread_t thread;
};

/* Returns when it sleeps. */
void waiter_start(struct waiter *waiter);
/* Returns when its wait has ended. */
void waiter_end(struct waiter *waiter);
/* It was told of @mask on @fd, and of nothing else. */
void waiter_ck(const struct waiter *waiter, int fd, unsigned int mask);
