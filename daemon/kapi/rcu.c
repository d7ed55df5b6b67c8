/* SPDX-License-Identifier: MIT */
/*
 * The grace periods of <linux/rcupdate.h>. One at a time: an item is posted to
 * each worker's scheduler, and when the last has been there, so has every
 * section which had begun before. Whoever comes meanwhile has the next one.
 */
#include <linux/rcupdate.h>

#include "kapi/export.h"
#include "kapi/wait.h"
#include "stage/call.h"
#include "stage/inband.h"
#include "stage/oob.h"
#include "stage/pi-mutex.h"

#include <linux/completion.h>
#include <linux/irq_work.h>
#include <stdatomic.h>

#define MAX_WORKERS	64
#define LOWEST_FUNCTION 4096 /* below are offsets in what is to be freed */

static struct pi_mutex lock;
static struct callback_head *asked; /* newest first, locked */
/* In-band: */
static struct callback_head *waiting; /* for the period that is on */
static bool period_is_on;
/* Of that period: */
static struct stage_item passes[MAX_WORKERS];
static _Atomic(unsigned int) nr_missing;

static void look(struct irq_work *work);
static DEFINE_IRQ_WORK(look_work, look);
static void end_period(struct irq_work *work);
static DEFINE_IRQ_WORK(end_work, end_period);

/* On a worker: nothing that ran before goes on. */
static void pass(struct stage_item *item)
{
	(void)item;
	/* Acquire and release: what readers did, to end_period(). */
	if (atomic_fetch_sub_explicit(&nr_missing, 1, memory_order_acq_rel) ==
	    1)
		irq_work_queue(&end_work);
}

static void begin_period(void)
{
	unsigned int count = oob_nr_workers();

	period_is_on = true;
	if (count == 0) {
		irq_work_queue(&end_work);
		return;
	}

	/* Relaxed: posting publishes it. */
	atomic_store_explicit(&nr_missing, count, memory_order_relaxed);
	for (unsigned int i = 0; i < count; i++) {
		passes[i].func = pass;
		stage_post(oob_worker_stage(oob_worker(i)), &passes[i]);
	}
}

static void look(struct irq_work *work)
{
	(void)work;
	if (period_is_on)
		return;

	pi_lock(&lock);
	waiting = asked;
	asked = NULL;
	pi_unlock(&lock);
	if (waiting)
		begin_period();
}

/* Or free what has @head in it. */
static void call_back(struct callback_head *head)
{
	struct stage_call call = {
		.what = "RCU callback",
		.func = (const void *)head->func,
	};
	size_t offset = (size_t)head->func;

	if (offset < LOWEST_FUNCTION) {
		kfree((char *)head - offset);
		return;
	}

	stage_call_begin(&call);
	head->func(head);
	stage_call_end(&call);
}

static void end_period(struct irq_work *work)
{
	struct callback_head *head, *next, *oldest = NULL;

	for (head = waiting; head; head = next) {
		next = head->next;
		head->next = oldest;
		oldest = head;
	}
	waiting = NULL;
	period_is_on = false;
	look(work);

	for (head = oldest; head; head = next) {
		next = head->next;
		call_back(head);
	}
}

EXPORT void call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	head->func = func;
	pi_lock(&lock);
	head->next = asked;
	asked = head;
	pi_unlock(&lock);
	irq_work_queue(&look_work);
}

struct waiter {
	struct rcu_head head;
	struct completion done;
};

static void wake_waiter(struct rcu_head *head)
{
	complete(&container_of(head, struct waiter, head)->done);
}

EXPORT void synchronize_rcu(void)
{
	struct waiter waiter;

	if (!wait_allowed())
		return;

	init_completion(&waiter.done);
	call_rcu(&waiter.head, wake_waiter);
	wait_for_completion(&waiter.done);
}

/* They are called in the order in which they were asked for. */
EXPORT void rcu_barrier(void)
{
	synchronize_rcu();
}

EXPORT void __kfree_rcu(struct rcu_head *head, size_t offset)
{
	/* No function is there: see call_back(). */
	call_rcu(head, (void (*)(struct rcu_head *))offset);
}
