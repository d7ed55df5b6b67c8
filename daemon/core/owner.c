/* SPDX-License-Identifier: MIT */
/*
 * A thread which waits for a mutex is on its queue, whose first is the one of
 * the highest priority; what a thread holds is a chain through the mutexes. So
 * the priority a thread is to have is its own, or that of a first in a queue of
 * the chain. When it changes, so does its place where it waits, and then the
 * priority of the owner of that: along the graph, all under one lock. Elsewhere
 * a thread gets its place on its own worker (thread.c).
 *
 * Mutexes lie in memory of drivers, who zero and prepare them again at any
 * time: a chain is followed only as far as mutexes name the owner.
 */
#include "core/owner.h"

#include "core/thread.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <errno.h>

struct pi_mutex owner_lock;

/* Threads which hold or wait for something. */
static LIST_HEAD(involved);

static struct wait_queue *queue_of(struct evl_kmutex *kmutex)
{
	return (struct wait_queue *)(void *)&kmutex->wait;
}

static void note_involved(struct evl_thread *thread)
{
	bool is = thread->holds || thread->waits_for;

	if (is && list_empty(&thread->involved))
		list_add(&thread->involved, &involved);
	else if (!is && !list_empty(&thread->involved))
		list_del_init(&thread->involved);
}

/* Of the first who waits for @kmutex, or -1. */
static int first_prio(struct evl_kmutex *kmutex)
{
	struct wait_queue *wq = queue_of(kmutex);
	int prio = -1;

	pi_lock(&wq->lock);
	if (wait_queue_active_locked(wq))
		prio = list_first_entry(&wq->waiters, struct fiber, wait_link)
			       ->prio;
	pi_unlock(&wq->lock);

	return prio;
}

static int due_prio(const struct evl_thread *thread)
{
	struct evl_kmutex *kmutex = thread->holds;
	int prio = thread->base_prio, other;

	for (; kmutex && kmutex->owner == thread; kmutex = kmutex->next_held) {
		other = first_prio(kmutex);
		if (other > prio)
			prio = other;
	}

	return prio;
}

/* Is @fiber on the queue of @kmutex? Then it has its place there, by @prio. */
static bool requeue(struct evl_kmutex *kmutex, struct fiber *fiber, int prio)
{
	struct wait_queue *wq = queue_of(kmutex);
	bool queued;

	pi_lock(&wq->lock);
	/* Relaxed: under the lock. */
	queued = atomic_load_explicit(&fiber->queued, memory_order_relaxed);
	if (queued)
		wait_queue_requeue_locked(wq, fiber, prio);
	pi_unlock(&wq->lock);

	return queued;
}

/* What @thread holds, its own priority, or who waits for that has changed. It
 * may be NULL. */
static void adjust(struct evl_thread *thread)
{
	struct evl_kmutex *kmutex;
	int prio;

	for (; thread; thread = kmutex->owner) {
		prio = due_prio(thread);
		if (prio == thread->prio)
			return;

		/* Relaxed: see thread_prio(). */
		__atomic_store_n(&thread->prio, prio, __ATOMIC_RELAXED);
		if (prio > thread->base_prio)
			thread_set(thread, EVL_T_BOOST);
		else
			thread_clear(thread, EVL_T_BOOST);

		kmutex = thread->waits_for;
		if (kmutex == NULL || !requeue(kmutex, thread->fiber, prio)) {
			thread_ask_later(thread, THREAD_PRIO);
			return;
		}
	}
}

/* True: @thread held @kmutex. */
static bool unchain(struct evl_thread *thread, const struct evl_kmutex *kmutex)
{
	struct evl_kmutex **where = &thread->holds;

	for (; *where; where = &(*where)->next_held) {
		if (*where == kmutex) {
			*where = kmutex->next_held;
			note_involved(thread);
			return true;
		}
		if ((*where)->owner != thread)
			break;
	}

	return false;
}

void owner_take_locked(struct evl_kmutex *kmutex, struct evl_thread *thread)
{
	kmutex->owner = thread;
	kmutex->next_held = thread->holds;
	thread->holds = kmutex;
	note_involved(thread);
	adjust(thread);
}

void owner_drop_locked(struct evl_kmutex *kmutex)
{
	struct evl_thread *thread = kmutex->owner;

	unchain(thread, kmutex);
	kmutex->owner = NULL;
	adjust(thread);
}

/* For whom does @thread wait? NULL: it does not, or not any more. */
static const struct evl_thread *next_owner(const struct evl_thread *thread)
{
	const struct fiber *fiber = thread->fiber;

	/* Acquire: the queue's lock is not held. Who was broken is on its way
	 * to say that it does not wait. */
	if (thread->waits_for == NULL ||
	    !atomic_load_explicit(&fiber->queued, memory_order_acquire))
		return NULL;

	return thread->waits_for->owner;
}

bool owner_would_deadlock_locked(const struct evl_kmutex *kmutex,
				 const struct evl_thread *thread)
{
	const struct evl_thread *owner = kmutex->owner;

	/* There is no ring yet: each who waits passed this test. */
	while (owner && owner != thread)
		owner = next_owner(owner);

	return owner == thread;
}

void owner_wait_locked(struct evl_kmutex *kmutex, struct evl_thread *thread)
{
	struct wait_queue *wq = queue_of(kmutex);

	thread->waits_for = kmutex;
	note_involved(thread);
	pi_lock(&wq->lock);
	wq->order = WAIT_PRIO; /* a zero-filled one has another */
	wait_queue_join_locked(wq, thread->fiber);
	pi_unlock(&wq->lock);
	adjust(kmutex->owner);
}

static void stop_waiting(struct evl_thread *thread)
{
	thread->waits_for = NULL;
	note_involved(thread);
}

void owner_waited_locked(struct evl_thread *thread)
{
	struct evl_kmutex *kmutex = thread->waits_for;

	/* Whoever wakes threads, or forgets the mutex, says so. */
	if (kmutex == NULL)
		return;

	stop_waiting(thread);
	adjust(kmutex->owner);
}

void owner_wake_locked(struct evl_kmutex *kmutex)
{
	struct wait_queue *wq = queue_of(kmutex);
	struct fiber *fiber = NULL;

	pi_lock(&wq->lock);
	if (wait_queue_active_locked(wq))
		fiber = wait_queue_wake_locked(wq, NULL, 0);
	pi_unlock(&wq->lock);

	if (fiber)
		stop_waiting(fiber->thread);
}

static void end_wait(struct evl_kmutex *kmutex, struct evl_thread *thread)
{
	struct wait_queue *wq = queue_of(kmutex);
	struct fiber *fiber = thread->fiber;

	pi_lock(&wq->lock);
	/* Relaxed: under the lock. */
	if (atomic_load_explicit(&fiber->queued, memory_order_relaxed))
		wait_queue_wake_locked(wq, fiber, -EIDRM);
	pi_unlock(&wq->lock);
	stop_waiting(thread);
}

void owner_forget_locked(struct evl_kmutex *kmutex)
{
	struct evl_thread *thread, *tmp, *owner = NULL;

	list_for_each_entry_safe(thread, tmp, &involved, involved) {
		if (unchain(thread, kmutex))
			owner = thread;
		if (thread->waits_for == kmutex)
			end_wait(kmutex, thread);
	}

	kmutex->owner = NULL;
	kmutex->owner_died = false;
	adjust(owner);
}

void owner_set_prio(struct evl_thread *thread, int prio)
{
	pi_lock(&owner_lock);
	thread->base_prio = prio;
	adjust(thread);
	pi_unlock(&owner_lock);
}

bool owner_holds(const struct evl_thread *thread)
{
	bool holds;

	pi_lock(&owner_lock);
	holds = thread->holds && thread->holds->owner == thread;
	pi_unlock(&owner_lock);

	return holds;
}

void owner_leave(struct evl_thread *thread, bool orderly)
{
	struct evl_kmutex *kmutex;

	pi_lock(&owner_lock);
	while ((kmutex = thread->holds) && kmutex->owner == thread) {
		owner_drop_locked(kmutex);
		kmutex->owner_died = !orderly;
		owner_wake_locked(kmutex);
	}
	thread->holds = NULL; /* what is not a mutex any more */
	note_involved(thread);
	pi_unlock(&owner_lock);
}
