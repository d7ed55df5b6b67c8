/* SPDX-License-Identifier: MIT */
/*
 * The threads of <evl/thread.h>. Each stands for a fiber of a worker: that of an
 * application's slot, or that of a kernel thread.
 */
#include "core/thread.h"

#include "core/kthread.h"
#include "core/owner.h"
#include "core/rq.h"
#include "core/thread-element.h"
#include "core/wait.h"
#include "kapi/export.h"
#include "kapi/task.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"
#include "stage/wait.h"

#define HOLDS (EVL_T_SUSP | EVL_T_HALT)

/* What comes to a thread before a wake-up which came later. */
#define OVERTAKES (THREAD_PRIO | THREAD_UNBLOCK)

_Atomic(unsigned int) threads_asked;

EXPORT struct evl_thread *evl_current(void)
{
	struct fiber *fiber = fiber_current();
	const struct thread_element *element;

	if (fiber == NULL)
		return NULL;
	if (stage_self->oob)
		return fiber->thread;

	/* In-band the kernel names the thread that asks. */
	element = thread_find(task_current()->pid);

	return element ? element->self : NULL;
}

struct evl_thread *thread_running(void)
{
	struct fiber *fiber = fiber_current();

	return fiber && stage_self->oob ? fiber->thread : NULL;
}

void thread_begin(struct evl_thread *thread, struct fiber *fiber,
		  const char *name, int prio, u32 state)
{
	*thread = (struct evl_thread){
		.fiber = fiber,
		.name = name,
		.state = state,
		.rq = rq_of_stage(fiber->stage),
		.base_prio = prio,
		.prio = prio,
	};
	INIT_LIST_HEAD(&thread->involved);
	INIT_LIST_HEAD(&thread->asked_link);
	fiber->thread = thread;
}

/* Off the list of those of which something is asked. Locked. */
static void strike(struct evl_thread *thread)
{
	if (list_empty(&thread->asked_link))
		return;

	list_del_init(&thread->asked_link);
	/* Relaxed: see thread_settle_locked(). */
	atomic_fetch_sub_explicit(&threads_asked, 1, memory_order_relaxed);
}

void thread_end(struct evl_thread *thread, bool orderly)
{
	struct evl_rq *rq = thread->rq;

	if (rq == NULL)
		return;

	/* First: it may ask for another priority. */
	owner_leave(thread, orderly);
	pi_lock(&rq->asked_lock);
	thread->fiber = NULL;
	strike(thread);
	pi_unlock(&rq->asked_lock);
	thread_set(thread, EVL_T_ZOMBIE);
}

/* Until it is what it is to be: that may change once more meanwhile. */
static void grant_prio(struct fiber *fiber, const struct evl_thread *thread)
{
	int prio;

	do {
		prio = thread_prio(thread);
		fiber_set_prio(fiber, prio);
	} while (prio != thread_prio(thread));
}

static void grant_hold(struct fiber *fiber, struct evl_thread *thread)
{
	if (thread_state(thread) & HOLDS)
		fiber_hold(fiber);
	else
		fiber_release(fiber);
	if (!fiber->held)
		thread_clear(thread, HOLDS);
}

static void grant_all(struct fiber *fiber, struct evl_thread *thread, u32 asked,
		      int reason)
{
	if (asked & THREAD_START)
		kthread_start(thread);
	if (asked & THREAD_PRIO)
		grant_prio(fiber, thread);
	if (asked & THREAD_HOLD)
		grant_hold(fiber, thread);
	if (asked & THREAD_UNBLOCK)
		fiber_unblock(fiber, wait_status(reason | EVL_T_BREAK));
	if (asked & THREAD_CANCEL) {
		thread_clear(thread, HOLDS);
		fiber_break(fiber);
	}
}

/* On its worker, locked on entry. */
static void grant(struct evl_rq *rq, struct evl_thread *thread)
{
	struct fiber *fiber = thread->fiber;
	u32 asked = thread->asked;
	int reason = thread->reason;

	thread->asked = 0;
	strike(thread);
	pi_unlock(&rq->asked_lock);

	grant_all(fiber, thread, asked, reason);
}

/* From the worker's scheduler. */
static void grant_asked(struct stage_item *item)
{
	struct evl_rq *rq = container_of(item, struct evl_rq, grant);

	pi_lock(&rq->asked_lock);
	rq->granting = false;
	while (!list_empty(&rq->asked)) {
		grant(rq, list_first_entry(&rq->asked, struct evl_thread,
					   asked_link));
		pi_lock(&rq->asked_lock);
	}
	pi_unlock(&rq->asked_lock);
}

void thread_queue_init(struct evl_rq *rq)
{
	pi_mutex_init(&rq->asked_lock);
	INIT_LIST_HEAD(&rq->asked);
	rq->grant.func = grant_asked;
	rq->granting = false;
}

/* Locked. */
static void note_wish(struct evl_rq *rq, struct evl_thread *thread)
{
	if (list_empty(&thread->asked_link)) {
		list_add_tail(&thread->asked_link, &rq->asked);
		/* Relaxed: see thread_settle_locked(). */
		atomic_fetch_add_explicit(&threads_asked, 1,
					  memory_order_relaxed);
	}
	if (!rq->granting)
		stage_post(rq->stage, &rq->grant);
	rq->granting = true;
}

/* @thread sleeps on @wq. All locked. */
static void settle(struct wait_queue *wq, struct evl_thread *thread)
{
	u32 asked = thread->asked & OVERTAKES;

	if (asked & THREAD_PRIO)
		wait_queue_requeue_locked(wq, thread->fiber,
					  thread_prio(thread));
	if (asked & THREAD_UNBLOCK)
		wait_queue_unblock_locked(
			wq, thread->fiber,
			wait_status(thread->reason | EVL_T_BREAK));
	thread->asked &= ~asked;
}

void __thread_settle_locked(struct wait_queue *wq)
{
	struct evl_thread *thread;
	struct evl_rq *rq;

	for (unsigned int i = 0; (rq = rq_nth(i)) != NULL; i++) {
		pi_lock(&rq->asked_lock);
		list_for_each_entry(thread, &rq->asked, asked_link)
			if (wait_queue_has_locked(wq, thread->fiber))
				settle(wq, thread);
		pi_unlock(&rq->asked_lock);
	}
}

/* Locked. Has @wish no sense for @thread as it is? */
static bool is_idle(const struct evl_thread *thread, enum thread_wish wish)
{
	const struct fiber *fiber = thread->fiber;

	/* Acquire: pairs with wait_queue_join_locked(). */
	return wish == THREAD_UNBLOCK &&
	       !atomic_load_explicit(&fiber->queued, memory_order_acquire);
}

static void ask(struct evl_thread *thread, enum thread_wish wish, int reason,
		bool now)
{
	struct evl_rq *rq = thread->rq;

	/* It never began. */
	if (rq == NULL)
		return;

	pi_lock(&rq->asked_lock);
	if (thread->fiber == NULL || is_idle(thread, wish)) {
		pi_unlock(&rq->asked_lock);
		return;
	}

	thread->asked |= (u32)wish;
	if (wish == THREAD_UNBLOCK)
		thread->reason = reason;
	if (now && stage_self == rq->stage) {
		grant(rq, thread);
	} else {
		note_wish(rq, thread);
		pi_unlock(&rq->asked_lock);
	}
}

void thread_ask(struct evl_thread *thread, enum thread_wish wish)
{
	ask(thread, wish, 0, true);
}

void thread_ask_later(struct evl_thread *thread, enum thread_wish wish)
{
	ask(thread, wish, 0, false);
}

EXPORT void evl_unblock_thread(struct evl_thread *thread, int reason)
{
	ask(thread, THREAD_UNBLOCK, reason, true);
}

EXPORT void evl_hold_thread(struct evl_thread *thread, int mask)
{
	const void *caller = __builtin_return_address(0);

	if ((mask & HOLDS) == 0)
		return;

	thread_set(thread, (u32)mask & HOLDS);
	thread_ask(thread, THREAD_HOLD);
	/* If it may not, it stops when it next gives way. */
	if (thread == thread_running() && wait_permitted(caller, 0))
		fiber_rest();
}

EXPORT void evl_release_thread(struct evl_thread *thread, int mask, int info)
{
	thread_clear(thread, (u32)mask & HOLDS);
	/* Relaxed: for people to look at. */
	__atomic_fetch_or(&thread->info, (u32)info, __ATOMIC_RELAXED);
	thread_ask(thread, THREAD_HOLD);
}

EXPORT void evl_cancel_thread(struct evl_thread *thread)
{
	/* Release: what the caller did before, to evl_kthread_should_stop(). */
	__atomic_fetch_or(&thread->info, EVL_T_CANCELD | EVL_T_KICKED,
			  __ATOMIC_RELEASE);
	if (thread == thread_running() && kthread_of(thread))
		kthread_exit(kthread_of(thread));
	thread_ask(thread, THREAD_CANCEL);
}
