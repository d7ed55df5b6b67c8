/* SPDX-License-Identifier: MIT */
/*
 * The lock for data which both stages touch: a priority-inheriting futex, so
 * that a real-time worker waiting for a preempted in-band holder lends it its
 * priority instead of deadlocking with it on one CPU. Held for a few
 * instructions, never across a sleep of the fiber (asserted), not recursive.
 * Any stage, any thread of this process. Zero-filled means unlocked.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct pi_mutex {
	_Atomic(uint32_t) word; /* 0, or the owner's tid, as FUTEX_LOCK_PI */
};

/* This thread's tid, and how many of these locks it holds. */
extern __thread uint32_t pi_mutex_tid;
extern __thread unsigned int pi_mutex_depth;

uint32_t pi_mutex_learn_tid(void);
void pi_mutex_lock_slow(struct pi_mutex *mutex);
void pi_mutex_unlock_slow(struct pi_mutex *mutex);

static inline void pi_mutex_init(struct pi_mutex *mutex)
{
	atomic_init(&mutex->word, 0);
}

static inline uint32_t pi_mutex_self(void)
{
	return pi_mutex_tid ? pi_mutex_tid : pi_mutex_learn_tid();
}

static inline bool pi_trylock(struct pi_mutex *mutex)
{
	uint32_t expected = 0;

	/* Acquire: pairs with the release in pi_unlock(). */
	if (!atomic_compare_exchange_strong_explicit(
		    &mutex->word, &expected, pi_mutex_self(),
		    memory_order_acquire, memory_order_relaxed))
		return false;

	pi_mutex_depth++;

	return true;
}

static inline void pi_lock(struct pi_mutex *mutex)
{
	if (!pi_trylock(mutex))
		pi_mutex_lock_slow(mutex);
}

static inline void pi_unlock(struct pi_mutex *mutex)
{
	uint32_t expected = pi_mutex_self();

	pi_mutex_depth--;

	/* Release: what the lock protected, to the next pi_lock(). */
	if (!atomic_compare_exchange_strong_explicit(&mutex->word, &expected, 0,
						     memory_order_release,
						     memory_order_relaxed))
		pi_mutex_unlock_slow(mutex);
}
