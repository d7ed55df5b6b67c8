/* SPDX-License-Identifier: MIT */
#include <evl/crossing.h>

#include "kapi/export.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <linux/irq_work.h>

/*
 * Who waits for the crossing to be free, on its own stack. The last to leave,
 * on whatever stage, finds it through ->waiter.
 */
struct crossing_waiter {
	struct irq_work work;
	struct wait_queue wq;
	bool passed;
};

EXPORT void evl_init_crossing(struct evl_crossing *c)
{
	c->waiter = NULL;
	/* Relaxed: whoever shares @c afterwards publishes it. */
	__atomic_store_n(&c->count, 1, __ATOMIC_RELAXED);
}

EXPORT void evl_reinit_crossing(struct evl_crossing *c)
{
	evl_init_crossing(c);
}

EXPORT void evl_down_crossing(struct evl_crossing *c)
{
	/* Relaxed: a reference is only taken by who can reach one already. */
	__atomic_fetch_add(&c->count, 1, __ATOMIC_RELAXED);
}

static void let_pass(struct irq_work *work)
{
	struct crossing_waiter *waiter =
		container_of(work, struct crossing_waiter, work);

	waiter->passed = true;
	wait_queue_flush(&waiter->wq, 0);
}

EXPORT void evl_up_crossing(struct evl_crossing *c)
{
	struct crossing_waiter *waiter;

	/* What was done inside is visible to evl_pass_crossing(), and its
	 * ->waiter to us if we are the last. */
	if (__atomic_sub_fetch(&c->count, 1, __ATOMIC_ACQ_REL))
		return;

	waiter = c->waiter;
	/* Nobody, if a driver comes out more often than it went in. */
	if (waiter)
		irq_work_queue(&waiter->work);
}

EXPORT void evl_pass_crossing(struct evl_crossing *c)
{
	struct crossing_waiter waiter = { .passed = false };

	init_irq_work(&waiter.work, let_pass);
	wait_queue_init(&waiter.wq, WAIT_FIFO);
	c->waiter = &waiter;

	/* Pairs with evl_up_crossing(), both ways. Negative: see there. */
	if ((int)__atomic_sub_fetch(&c->count, 1, __ATOMIC_ACQ_REL) <= 0)
		return;

	pi_lock(&waiter.wq.lock);
	while (!waiter.passed)
		wait_queue_sleep_uninterruptible(&waiter.wq, DEADLINE_NONE);
	pi_unlock(&waiter.wq.lock);
}
