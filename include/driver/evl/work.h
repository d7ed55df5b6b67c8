/* SPDX-License-Identifier: MIT */
/*
 * Calls to the in-band stage: a handler that runs there on a fiber of a
 * workqueue, where it may sleep, and may free what embeds its work.
 *
 * Source: driver-api 2.14
 */
#ifndef _EVL_WORK_H
#define _EVL_WORK_H

#include <evl/prelude.h>
#include <evl/wait.h>
#include <linux/irq_work.h>
#include <linux/workqueue.h>

struct evl_element;

struct evl_work {
	/* The core's own: */
	struct work_struct work;
	void (*handler)(struct evl_work *work);
	struct evl_element *element; /* held from the call to the end */
};

/* A call whose end the caller waits for. */
struct evl_sync_work {
	/* The core's own: */
	struct evl_work work;
	int (*handler)(struct evl_sync_work *sync_work);
	struct evl_wait_queue wait;
	bool done; /* under the queue's lock */
	int result;
};

/**
 * evl_init_work() - prepare a call
 * @work:	the call, not under way
 * @handler:	what runs in-band
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_work(struct evl_work *work,
		   void (*handler)(struct evl_work *work));

/**
 * evl_init_work_safe() - prepare a call which holds an element
 * @work:	the call, not under way
 * @handler:	what runs in-band
 * @element:	stays from each call to the end of its handler; who calls holds
 *		it, too
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_work_safe(struct evl_work *work,
			void (*handler)(struct evl_work *work),
			struct evl_element *element);

/**
 * evl_init_sync_work() - prepare a call to be waited for
 * @sync_work:	the call
 * @handler:	what runs in-band; its result is the caller's
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_sync_work(struct evl_sync_work *sync_work,
			int (*handler)(struct evl_sync_work *sync_work));

/**
 * evl_call_inband_from() - have a handler run in-band
 * @work:	the call
 * @wq:		the queue whose fibers run it
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: true, or false if it is pending already: then it runs once
 */
bool evl_call_inband_from(struct evl_work *work, struct workqueue_struct *wq);
/* The same, from system_wq. */
bool evl_call_inband(struct evl_work *work);

/**
 * evl_call_inband_sync_from() - have a handler run in-band, and wait for it
 * @sync_work:	the call
 * @wq:		the queue whose fibers run it
 *
 * Stage:  any, from a fiber.
 * Blocks: until the handler has returned. If the wait is broken, a handler
 *	   that runs is waited for nevertheless, one that does not yet will not.
 *
 * Return: what the handler returned, or
 *   -EINTR	the wait was broken, out-of-band
 *   -EPERM	the caller cannot wait here, as in a timer's function, or with a
 *		spin lock held
 */
int evl_call_inband_sync_from(struct evl_sync_work *sync_work,
			      struct workqueue_struct *wq);
/* The same, from system_wq. */
int evl_call_inband_sync(struct evl_sync_work *sync_work);

/**
 * evl_flush_work() - let a call end
 * @work:	the call
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until it is neither pending nor running.
 */
void evl_flush_work(struct evl_work *work);
void evl_flush_sync_work(struct evl_sync_work *sync_work);

/**
 * evl_cancel_work() - take a call back
 * @work:	the call
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until it does not run, if it does.
 */
void evl_cancel_work(struct evl_work *work);

#endif /* _EVL_WORK_H */
