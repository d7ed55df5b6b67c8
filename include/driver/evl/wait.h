/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band wait queues: where handlers of out-of-band operations sleep, and
 * kernel threads: "from a handler" means from either.
 *
 * The lock of a queue also protects the state its users wait for: take it with
 * raw_spin_lock_irqsave(&wq->lock, flags).
 *
 * A wakeup hands nothing over: whoever is woken tests its condition again, and
 * somebody else may have come first.
 *
 * A sleep ends with
 *   0		a wakeup
 *   -ETIMEDOUT	the time was over first
 *   -EINTR	the wait was broken, e.g. by a signal to the caller or its death;
 *		from then on so is every further wait of this request
 *   -EIDRM	the queue was flushed because it goes away: hands off
 *   -EPERM	the caller cannot sleep here: it is in-band, in no handler, or
 *		has a spin lock, or interrupts or preemption off
 *
 * Source: driver-api 2.4
 */
#ifndef _EVL_WAIT_H
#define _EVL_WAIT_H

#include <errno.h>
#include <evl/prelude.h>
#include <evl/thread.h>
#include <evl/timeout.h>
#include <linux/list.h>
#include <linux/spinlock.h>

#define EVL_WAIT_FIFO 0 /* in order of arrival */
#define EVL_WAIT_PRIO 1 /* by priority, in order of arrival among equals */

/* Begins as the core's own wait queue. Zero-filled is a working, empty one. */
struct evl_wait_queue {
	union {
		hard_spinlock_t lock;
		struct {
			hard_spinlock_t lock;
		} wchan; /* where newer cores have it */
	};
	unsigned int flags;
	struct list_head waiters; /* the core's own */
	struct evl_clock *clock;  /* of absolute dates; NULL: monotonic */
	unsigned int nr_removals; /* the core's own: flushes by EVL_T_RMID */
};

/* clang-format off */
#define EVL_WAIT_INITIALIZER(name) {			\
	.flags = EVL_WAIT_PRIO,				\
	.waiters = LIST_HEAD_INIT((name).waiters),	\
	.clock = &evl_mono_clock,			\
}
/* clang-format on */
#define DEFINE_EVL_WAIT(name) \
	struct evl_wait_queue name = EVL_WAIT_INITIALIZER(name)

/**
 * evl_init_wait() - prepare a wait queue
 * @wq:		the queue; nobody may sleep on it
 * @clock:	what absolute dates refer to
 * @flags:	EVL_WAIT_PRIO or EVL_WAIT_FIFO
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_wait(struct evl_wait_queue *wq, struct evl_clock *clock,
		   int flags);
#define evl_init_wait_on_stack(wq, clock, flags) evl_init_wait(wq, clock, flags)

/**
 * evl_destroy_wait() - end everybody's wait
 * @wq:		the queue; all waits on it return -EIDRM
 *
 * The queue's memory must last until those who slept have left the driver:
 * call evl_release_file() before freeing it.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_destroy_wait(struct evl_wait_queue *wq);

/* Below evl_wait_event(): one sleep of a wait which began when @nr_removals was
 * read. The lock is held on entry, and on return but with -EIDRM. 1: woken for
 * good by EVL_T_BCAST. */
int __evl_wait_locked(struct evl_wait_queue *wq, unsigned int nr_removals,
		      ktime_t timeout, enum evl_tmode mode);

/**
 * evl_wait_event_timeout() - sleep until a condition holds, for a time
 * @wq:		the queue (its address)
 * @timeout:	a delay or a date in nanoseconds; EVL_INFINITE with EVL_REL
 *		waits without limit, EVL_NONBLOCK does not wait
 * @mode:	EVL_REL or EVL_ABS. A delay starts again after each wakeup
 *		which does not find @condition true
 * @condition:	an expression, evaluated with the queue's lock held; it may
 *		change what it looks at, and must not sleep
 *
 * Stage:  out-of-band, from a handler.
 * Blocks: until @condition is true, EVL_T_BCAST comes, or @timeout is over.
 *
 * Return: 0, -EAGAIN if it would have to wait with EVL_NONBLOCK, or an error as
 *	   above, with which @condition is not evaluated any more
 */
/* clang-format off */
#define evl_wait_event_timeout(wq, timeout, mode, condition)		\
	__extension__({							\
		struct evl_wait_queue *__evl_wq = (wq);			\
		unsigned int __evl_era;					\
		int __evl_ret = 0;					\
		raw_spin_lock(&__evl_wq->lock);				\
		__evl_era = __evl_wq->nr_removals;			\
		while (__evl_ret == 0 && !(condition))			\
			__evl_ret = __evl_wait_locked(__evl_wq, __evl_era, \
						      timeout, mode);	\
		if (__evl_ret != -EIDRM)				\
			raw_spin_unlock(&__evl_wq->lock);		\
		__evl_ret > 0 ? 0 : __evl_ret;				\
	})
/* clang-format on */

/**
 * evl_wait_event() - sleep until a condition holds
 * @wq:		the queue (its address)
 * @condition:	as for evl_wait_event_timeout()
 *
 * Stage:  out-of-band, from a handler.
 * Blocks: until @condition is true or EVL_T_BCAST comes.
 *
 * Return: 0, or an error as above
 */
#define evl_wait_event(wq, condition) \
	evl_wait_event_timeout(wq, EVL_INFINITE, EVL_REL, condition)

/**
 * evl_add_wait_queue() - enter a queue, to sleep later
 * @wq:		the queue, locked
 * @timeout:	as for evl_wait_event_timeout(), EVL_NONBLOCK excepted
 * @mode:	EVL_REL or EVL_ABS
 *
 * Unlock @wq and call evl_wait_schedule() next. For loops which
 * evl_wait_event() cannot express.
 *
 * Stage:  out-of-band, from a handler.
 * Blocks: no.
 */
void evl_add_wait_queue(struct evl_wait_queue *wq, ktime_t timeout,
			enum evl_tmode mode);

/**
 * evl_wait_schedule() - sleep on the queue entered before
 * @wq:		the queue, unlocked
 *
 * Stage:  out-of-band, from a handler.
 * Blocks: until woken, which may have happened already.
 *
 * Return: 0 or an error as above
 */
int evl_wait_schedule(struct evl_wait_queue *wq);

/**
 * evl_wait_active() - does anybody sleep?
 * @wq:		the queue, locked
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline bool evl_wait_active(struct evl_wait_queue *wq)
{
	return !list_empty(&wq->waiters);
}

/**
 * evl_wait_head() - who would be woken first?
 * @wq:		the queue, locked
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: the waiter, or NULL if there is none
 */
struct evl_thread *evl_wait_head(struct evl_wait_queue *wq);
#define evl_head_waiter(wq) evl_wait_head(wq)

/* Below evl_for_each_waiter(): who would be woken after @pos, NULL: nobody. */
struct evl_thread *__evl_next_waiter(struct evl_wait_queue *wq,
				     struct evl_thread *pos);

/**
 * evl_for_each_waiter() - look at all who sleep, the first to be woken first
 * @pos:	struct evl_thread *, who it is; it must not be woken
 * @wq:		the queue, locked
 *
 * Stage:  any.
 * Blocks: no.
 */
#define evl_for_each_waiter(pos, wq) \
	for (pos = evl_head_waiter(wq); pos; pos = __evl_next_waiter(wq, pos))

/**
 * evl_for_each_waiter_safe() - the same, where @pos may be woken
 * @pos:	struct evl_thread *, who it is
 * @tmp:	struct evl_thread *, for the macro's own use: who is next, and
 *		must not be woken
 * @wq:		the queue, locked
 *
 * Stage:  any.
 * Blocks: no.
 */
#define evl_for_each_waiter_safe(pos, tmp, wq) \
	for (pos = evl_head_waiter(wq);        \
	     pos && (tmp = __evl_next_waiter(wq, pos), 1); pos = tmp)

/**
 * evl_wake_up() - wake one waiter
 * @wq:		the queue, locked
 * @waiter:	whom; NULL: the first
 * @reason:	0, or what ended the wait: EVL_T_RMID and the like
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: who was woken, or NULL if nobody waits (or @waiter does not)
 */
struct evl_thread *evl_wake_up(struct evl_wait_queue *wq,
			       struct evl_thread *waiter, int reason);
#define evl_wake_up_head(wq) evl_wake_up(wq, NULL, 0)

/**
 * evl_flush_wait_locked() - wake all waiters
 * @wq:		the queue, locked
 * @reason:	0 to have them test their conditions, EVL_T_BCAST for success,
 *		EVL_T_RMID for -EIDRM
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: how many there were
 */
int evl_flush_wait_locked(struct evl_wait_queue *wq, int reason);

/**
 * evl_flush_wait() - wake all waiters
 * @wq:		the queue, unlocked
 * @reason:	as for evl_flush_wait_locked()
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: how many there were
 */
int evl_flush_wait(struct evl_wait_queue *wq, int reason);

#ifdef __KERNEL__
#include <evl/work.h>
#endif

#endif /* _EVL_WAIT_H */
