/* SPDX-License-Identifier: MIT */
#include "stage/wait.h"

#include "stage/clock.h"
#include "stage/stage.h"

#include <assert.h>
#include <errno.h>

/* Who was broken, and goes on trying to sleep, without end perhaps: */
#define PATIENCE 100u	  /* that often it is refused at once, then after */
#define REST_NS	 1000000u /* which others have for themselves */

static struct fiber *waiter_of(struct list_head *link)
{
	return list_entry(link, struct fiber, wait_link);
}

void wait_queue_init(struct wait_queue *wq, enum wait_order order)
{
	pi_mutex_init(&wq->lock);
	wq->order = order;
	INIT_LIST_HEAD(&wq->waiters);
}

/*
 * The first of each priority, the leaders, are linked in a ring, too: with
 * thousands who wait there are as many as priorities at most, and a place is
 * found by looking at those.
 */
static struct fiber *next_leader(struct fiber *leader)
{
	return list_entry(leader->leader_link.next, struct fiber, leader_link);
}

/* Before the followers of a lower priority, behind all others. */
static void insert_by_prio(struct wait_queue *wq, struct fiber *fiber)
{
	struct fiber *first = waiter_of(wq->waiters.next), *pos = first;
	struct list_head *place = &wq->waiters;
	const struct fiber *equal = NULL;

	do {
		if (pos->prio < fiber->prio) {
			place = &pos->wait_link;
			break;
		}
		if (pos->prio == fiber->prio)
			equal = pos;
		pos = next_leader(pos);
	} while (pos != first);

	list_add_tail(&fiber->wait_link, place);
	if (equal == NULL)
		list_add_tail(&fiber->leader_link, &pos->leader_link);
}

static void insert(struct wait_queue *wq, struct fiber *fiber)
{
	INIT_LIST_HEAD(&fiber->leader_link);
	if (wq->order == WAIT_PRIO && !list_empty(&wq->waiters))
		insert_by_prio(wq, fiber);
	else
		list_add_tail(&fiber->wait_link, &wq->waiters);
}

/* Does nobody of its priority stand before @fiber? */
static bool is_leader(const struct wait_queue *wq, const struct fiber *fiber)
{
	const struct list_head *link = fiber->wait_link.prev;

	return link == &wq->waiters ||
	       list_entry(link, struct fiber, wait_link)->prio != fiber->prio;
}

/* The next one behind a leader leads, unless it does so already. */
static void take_out(struct wait_queue *wq, struct fiber *fiber)
{
	struct list_head *link = fiber->wait_link.next;
	struct fiber *next = waiter_of(link);

	if (wq->order == WAIT_PRIO && link != &wq->waiters &&
	    next->prio == fiber->prio && is_leader(wq, fiber))
		list_add(&next->leader_link, &fiber->leader_link);
	list_del(&fiber->leader_link);
	list_del(&fiber->wait_link);
}

void wait_queue_join_locked(struct wait_queue *wq, struct fiber *fiber)
{
	/* A zero-filled queue works too. */
	if (wq->waiters.next == NULL)
		INIT_LIST_HEAD(&wq->waiters);

	/* Relaxed: to others it is a mere address, see below. */
	__atomic_store_n(&fiber->wq, wq, __ATOMIC_RELAXED);
	fiber->interruptible = true;
	insert(wq, fiber);
	/* Release: which queue, to wait_queue_has_locked(). Others who look
	 * without the lock take it next. */
	atomic_store_explicit(&fiber->queued, true, memory_order_release);
}

bool wait_queue_has_locked(const struct wait_queue *wq, struct fiber *fiber)
{
	/*
	 * Acquire: pairs with wait_queue_join_locked(). Who is on @wq was put
	 * there, and stays, under the lock we hold; who left it and is on
	 * another one has that one's address by now.
	 */
	return atomic_load_explicit(&fiber->queued, memory_order_acquire) &&
	       __atomic_load_n(&fiber->wq, __ATOMIC_RELAXED) == wq;
}

/* We are on no queue any more. */
static void forget_queue(struct fiber *fiber)
{
	__atomic_store_n(&fiber->wq, NULL, __ATOMIC_RELAXED);
}

static void unlink_waiter(struct fiber *fiber, int status)
{
	take_out(fiber->wq, fiber);
	fiber->wake_status = status;
	/* Release: the status, to wait_queue_abort() finding us gone. */
	atomic_store_explicit(&fiber->queued, false, memory_order_release);
}

/* The deadline of a sleep passed; on the sleeper's stage. */
static void time_out(struct stage_timer *timer)
{
	struct fiber *fiber = container_of(timer, struct fiber, timeout);

	if (wait_queue_abort(fiber, -ETIMEDOUT))
		fiber_wake(fiber);
}

/* We are on @fiber->wq, unlocked, or were and have been woken already. */
static int sleep_joined(struct fiber *fiber, uint64_t deadline)
{
	if (deadline != DEADLINE_NONE) {
		fiber->timeout.fire = time_out;
		timer_arm(&fiber->stage->timers, &fiber->timeout, deadline);
	}

	fiber_sleep(fiber);

	timer_disarm(&fiber->stage->timers, &fiber->timeout);
	forget_queue(fiber);

	return fiber->wake_status;
}

/* @fiber was broken: may it not sleep? If it may, it is for @deadline. */
static bool is_refused(struct fiber *fiber, uint64_t *deadline)
{
	uint64_t rest;

	if (fiber->nr_refused < PATIENCE) {
		fiber->nr_refused++;
		return true;
	}
	rest = clock_ns() + REST_NS;
	if (rest < *deadline)
		*deadline = rest;

	return false;
}

static int do_sleep(struct wait_queue *wq, uint64_t deadline,
		    bool interruptible)
{
	struct fiber *fiber = fiber_current();
	bool rests = interruptible && fiber->broken;
	int ret;

	assert(fiber);
	assert(pi_mutex_depth == 1); /* only @wq's, or we sleep with a lock */

	if (rests && is_refused(fiber, &deadline))
		return -EINTR;

	wait_queue_join_locked(wq, fiber);
	fiber->interruptible = interruptible;
	pi_unlock(&wq->lock);
	ret = sleep_joined(fiber, deadline);
	if (ret != -EIDRM)
		pi_lock(&wq->lock);

	return rests && ret == -ETIMEDOUT ? -EINTR : ret;
}

int wait_queue_sleep(struct wait_queue *wq, uint64_t deadline)
{
	return do_sleep(wq, deadline, true);
}

int wait_queue_sleep_uninterruptible(struct wait_queue *wq, uint64_t deadline)
{
	return do_sleep(wq, deadline, false);
}

void wait_queue_join(struct wait_queue *wq)
{
	struct fiber *fiber = fiber_current();

	assert(fiber);
	pi_lock(&wq->lock);
	wait_queue_join_locked(wq, fiber);
	pi_unlock(&wq->lock);
}

void wait_queue_leave(void)
{
	struct fiber *fiber = fiber_current();

	/* Woken meanwhile: the wakeup is on its way and must be met. */
	if (!wait_queue_abort(fiber, 0))
		fiber_sleep(fiber);
	forget_queue(fiber);
}

int wait_queue_commit(uint64_t deadline)
{
	struct fiber *fiber = fiber_current();
	bool rests = fiber->broken;
	int ret;

	if (rests && is_refused(fiber, &deadline)) {
		wait_queue_leave();
		return -EINTR;
	}

	ret = sleep_joined(fiber, deadline);

	return rests && ret == -ETIMEDOUT ? -EINTR : ret;
}

struct fiber *wait_queue_wake_locked(struct wait_queue *wq, struct fiber *fiber,
				     int status)
{
	if (fiber == NULL) {
		if (list_empty(&wq->waiters))
			return NULL;
		fiber = waiter_of(wq->waiters.next);
	}

	unlink_waiter(fiber, status);
	fiber_wake(fiber);

	return fiber;
}

unsigned int wait_queue_flush_locked(struct wait_queue *wq, int status)
{
	unsigned int count = 0;

	while (wait_queue_wake_locked(wq, NULL, status))
		count++;

	return count;
}

unsigned int wait_queue_flush(struct wait_queue *wq, int status)
{
	unsigned int count;

	pi_lock(&wq->lock);
	count = wait_queue_flush_locked(wq, status);
	pi_unlock(&wq->lock);

	return count;
}

/* Lock the queue @fiber is on; on its stage's thread. NULL: it is on none. */
static struct wait_queue *lock_queue(struct fiber *fiber)
{
	struct wait_queue *wq = fiber->wq;

	/*
	 * Acquire: pairs with unlink_waiter(). Looking first keeps us off a
	 * queue whose owner flushed it for good. If it is flushed between this
	 * look and the lock, the queue is there still: the sleeper has not
	 * returned to whoever waits for it to leave.
	 */
	if (!atomic_load_explicit(&fiber->queued, memory_order_acquire))
		return NULL;

	pi_lock(&wq->lock);
	/* Relaxed: under the lock. */
	if (atomic_load_explicit(&fiber->queued, memory_order_relaxed))
		return wq;
	pi_unlock(&wq->lock);

	return NULL;
}

bool wait_queue_abort(struct fiber *fiber, int status)
{
	struct wait_queue *wq = lock_queue(fiber);

	if (wq == NULL)
		return false;

	unlink_waiter(fiber, status);
	pi_unlock(&wq->lock);

	return true;
}

void wait_queue_requeue_locked(struct wait_queue *wq, struct fiber *fiber,
			       int prio)
{
	if (wq->order != WAIT_PRIO) {
		fiber->prio = prio;
		return;
	}

	take_out(wq, fiber);
	fiber->prio = prio;
	insert(wq, fiber);
}

bool wait_queue_unblock_locked(struct wait_queue *wq, struct fiber *fiber,
			       int status)
{
	if (!fiber->interruptible)
		return false;

	wait_queue_wake_locked(wq, fiber, status);

	return true;
}

bool wait_queue_requeue(struct fiber *fiber, int prio)
{
	struct wait_queue *wq = lock_queue(fiber);

	if (wq == NULL)
		return false;

	wait_queue_requeue_locked(wq, fiber, prio);
	pi_unlock(&wq->lock);

	return true;
}
