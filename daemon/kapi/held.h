/* SPDX-License-Identifier: MIT */
/*
 * The locks which a driver's handler holds, noted as it takes them: when it is
 * given up (kapi/guard.h) they are taken from it. Spin locks are noted by
 * thread, since no fiber leaves it with one; mutexes in the fiber's task. Both
 * only so many; who holds more keeps them.
 *
 * Locks which the core takes are not noted.
 */
#pragma once

#include "stage/pi-mutex.h"

#include <linux/sched.h>
#include <stdbool.h>

#define HELD_SPINS 8

struct held_spins {
	struct pi_mutex *locks[HELD_SPINS]; /* in the order they were taken */
	unsigned int nr;
};

/* Read by a signal handler, on the same thread. */
extern __thread struct held_spins held_spins;

/* The caller has it. */
static inline void held_spin_add(struct pi_mutex *lock)
{
	if (held_spins.nr < HELD_SPINS)
		held_spins.locks[held_spins.nr++] = lock;
}

/* One which is not the last, or was not noted. */
void held_spin_remove_any(const struct pi_mutex *lock);

/* It is going to have it no longer. */
static inline void held_spin_remove(const struct pi_mutex *lock)
{
	unsigned int nr = held_spins.nr;

	if (nr && held_spins.locks[nr - 1] == lock)
		held_spins.nr = nr - 1;
	else
		held_spin_remove_any(lock);
}

/* Are all pi mutexes which this thread has noted here? */
static inline bool held_spins_are_all(void)
{
	return pi_mutex_depth == held_spins.nr;
}

/* The caller has locked it, as the @nr_locked'th of all; is about to unlock it.
 * No effect outside of requests. */
void held_mutex_add(struct mutex *lock, unsigned int nr_locked);
void held_mutex_remove(const struct mutex *lock);
/* May others be waiting for the caller to unlock something? */
bool held_any(void);

/* What was taken from a handler. */
struct held_taken {
	const void *spins[HELD_SPINS];
	unsigned int nr_spins;
	const void *mutexes[TASK_NR_MUTEXES];
	unsigned int nr_mutexes;
};

/*
 * Unlock what is noted, and write down what it was: spin locks from a signal
 * handler, where all of them are noted, since they may be on the stack of the
 * fiber; mutexes from the fiber, once its stack is another, but not those which
 * were on it.
 */
void held_spins_take(struct held_taken *taken);
void held_mutexes_take(struct held_taken *taken);
