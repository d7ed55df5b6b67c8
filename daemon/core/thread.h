/* SPDX-License-Identifier: MIT */
/*
 * What stands behind <evl/thread.h>. A thread belongs to its worker: whatever
 * is asked of it from elsewhere is noted with the worker, and granted there.
 *
 * Each word of a struct evl_thread is written on its worker alone, but for
 * ->state, ->info (atomically), what is under rq->asked_lock, and what
 * core/owner.c has to do with.
 */
#pragma once

#include <evl/thread.h>
#include <linux/types.h>
#include <stdatomic.h>
#include <stdbool.h>

struct fiber;
struct wait_queue;

/* For rq.c. */
void thread_queue_init(struct evl_rq *rq);

/*
 * From now on @thread stands for @fiber. @name is borrowed. In-band, or on its
 * worker; nobody else knows @thread yet.
 */
void thread_begin(struct evl_thread *thread, struct fiber *fiber,
		  const char *name, int prio, u32 state);
/*
 * It does not, any more. What it holds is free; if not @orderly, whoever locks
 * that next is told that its owner died. On its worker, where its fiber does
 * not run, or ends. A thread which never began does not mind.
 */
void thread_end(struct evl_thread *thread, bool orderly);

enum thread_wish {
	THREAD_START = 0x1,   /* run kthread_main() */
	THREAD_PRIO = 0x2,    /* have ->prio */
	THREAD_HOLD = 0x4,    /* be held or not, as ->state says */
	THREAD_UNBLOCK = 0x8, /* end this sleep, with ->reason */
	THREAD_CANCEL = 0x10, /* break */
};

/* Ask that of @thread. Any stage; granted at once on its own worker, as it
 * comes to it on others, in the order above. */
void thread_ask(struct evl_thread *thread, enum thread_wish wish);
/* The same, later in any case: for who holds locks. */
void thread_ask_later(struct evl_thread *thread, enum thread_wish wish);

extern _Atomic(unsigned int) threads_asked; /* and not granted yet */
void __thread_settle_locked(struct wait_queue *wq);

/*
 * Whoever is asked for something and sleeps on @wq: let it have its place there
 * and be unblocked before anybody is woken, though its worker has not come to
 * it. @wq->lock held. Any thread.
 */
static inline void thread_settle_locked(struct wait_queue *wq)
{
	/* Relaxed: who asked before, as the caller sees it, is counted. */
	if (atomic_load_explicit(&threads_asked, memory_order_relaxed))
		__thread_settle_locked(wq);
}

/* The thread for which the calling fiber runs out-of-band, or NULL. */
struct evl_thread *thread_running(void);

/* The priority its fiber is to start with. */
static inline int thread_prio(const struct evl_thread *thread)
{
	/* Relaxed: if it changes now, we are asked for it. */
	return __atomic_load_n(&thread->prio, __ATOMIC_RELAXED);
}

/* Bits of ->state and ->info, for people to look at. NULL: nobody's. */
static inline void thread_set(struct evl_thread *thread, u32 state)
{
	/* Relaxed: nothing hangs on it. */
	if (thread)
		__atomic_fetch_or(&thread->state, state, __ATOMIC_RELAXED);
}

static inline void thread_clear(struct evl_thread *thread, u32 state)
{
	/* Relaxed: as above. */
	if (thread)
		__atomic_fetch_and(&thread->state, ~state, __ATOMIC_RELAXED);
}

static inline u32 thread_state(const struct evl_thread *thread)
{
	/* Relaxed: as above. */
	return __atomic_load_n(&thread->state, __ATOMIC_RELAXED);
}
