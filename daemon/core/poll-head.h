/* SPDX-License-Identifier: MIT */
/*
 * A poll operation, below sets: one call of a driver's oob_poll handler on
 * behalf of a waiter, which may have many of them. The heads the driver named
 * keep it until it ends; what they are signaled meanwhile is collected here,
 * and wakes the waiter.
 *
 * Locks, in the order they are taken: a head's, a waiter's. Whoever looks at a
 * waiter holds a lock which the waiter takes before it goes away.
 */
#pragma once

#include "stage/wait.h"

#include <evl/poll.h>
#include <linux/list.h>
#include <stdbool.h>
#include <stdint.h>

/* A fiber that polls; on its stack. */
struct poll_waiter {
	struct wait_queue wq; /* its lock protects the next two */
	bool signaled;
	int status;
	struct list_head link; /* its owner's */
};

struct poll_connector {
	struct list_head link; /* head->watchers, under its lock */
	struct evl_poll_head *head;
	void (*unwatch)(struct evl_poll_head *head);
	struct oob_poll_wait *wait;
	unsigned int events; /* signaled, under the head's lock */
};

struct oob_poll_wait {
	struct poll_waiter *waiter;
	/* Instead of a waiter: is told what is signaled, as it comes, with the
	 * head locked. Any stage; must not block. NULL: there is a waiter. */
	void (*told)(struct oob_poll_wait *wait, unsigned int events);
	unsigned int wanted;
	unsigned int nr_connectors;
	struct poll_connector connectors[EVL_POLL_NR_CONNECTORS];
};

/* Shall every watcher be told every event, as in EVL's first years? At start. */
void poll_tell_all(bool all);

void poll_waiter_init(struct poll_waiter *waiter);
/* Wake it, or keep it from going to sleep. @status is what it gets, unless it
 * is zero. Any stage. */
void poll_waiter_signal(struct poll_waiter *waiter, int status);
/*
 * Stage: any, from a fiber. Blocks: until signaled, or @deadline.
 * Return: 0, the status, -ETIMEDOUT, -EINTR.
 */
int poll_waiter_sleep(struct poll_waiter *waiter, uint64_t deadline);

/* Nothing it watches can signal it any more, or yet: as if nothing had. Returns
 * its status. */
int poll_waiter_restart(struct poll_waiter *waiter);

/* On behalf of @waiter, who is interested in @events. */
void poll_wait_begin(struct oob_poll_wait *wait, struct poll_waiter *waiter,
		     unsigned int events);
/* The same for who is no fiber, and is @told. */
void poll_wait_begin_told(struct oob_poll_wait *wait,
			  void (*told)(struct oob_poll_wait *wait,
				       unsigned int events));
/* What was signaled. Unless @keep, others who wait for it are told: the caller
 * has no use for it. The heads must be there still. */
unsigned int poll_wait_end(struct oob_poll_wait *wait, bool keep);
