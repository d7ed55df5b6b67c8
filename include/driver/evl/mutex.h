/* SPDX-License-Identifier: MIT */
/*
 * Mutexes of out-of-band code. A mutex belongs to the thread that locked it, an
 * application's as well as a kernel thread, until that one unlocks it: across
 * requests, if need be. Who holds one runs with the priority of whoever waits
 * for it, if that is higher, and so on along the chain of who waits for whom.
 *
 * A thread which ends gives back what it holds. One which is killed leaves it
 * in an unknown state: whoever locks it next is told so, once.
 *
 * Source: driver-api 2.7
 */
#ifndef _EVL_MUTEX_H
#define _EVL_MUTEX_H

#include <evl/prelude.h>
#include <evl/thread.h>
#include <evl/wait.h>

/* Zero-filled is a working one, unlocked. */
struct evl_kmutex {
	struct evl_wait_queue wait;   /* the core's own, as all below */
	struct evl_thread *owner;     /* NULL: unlocked */
	struct evl_kmutex *next_held; /* that its owner locked before */
	bool owner_died;
};

/* clang-format off */
#define EVL_KMUTEX_INITIALIZER(name) \
	{ .wait = EVL_WAIT_INITIALIZER((name).wait) }
/* clang-format on */
#define DEFINE_EVL_KMUTEX(name) \
	struct evl_kmutex name = EVL_KMUTEX_INITIALIZER(name)
/* As it was called first. */
#define DEFINE_EVL_MUTEX(name) DEFINE_EVL_KMUTEX(name)

/**
 * evl_init_kmutex() - prepare a mutex
 * @kmutex:	the mutex, unlocked on return, whatever was in it. If it was a
 *		mutex in use, nobody owns it any more, and waits for it return
 *		-EIDRM
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_kmutex(struct evl_kmutex *kmutex);

/**
 * evl_destroy_kmutex() - end everybody's wait
 * @kmutex:	the mutex; nobody owns it any more, all waits for it return
 *		-EIDRM
 *
 * Its memory must last until those who slept have left the driver.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_destroy_kmutex(struct evl_kmutex *kmutex);

/**
 * evl_lock_kmutex() - lock a mutex
 * @kmutex:	the mutex
 *
 * Stage:  out-of-band, from a handler or a kernel thread.
 * Blocks: until it is unlocked for this caller: by priority, in order of
 *	   arrival among equals.
 *
 * Return: 0 with @kmutex locked, or
 *   -EDEADLK	the caller owns it, or its owner waits, directly or through
 *		others, for what the caller owns
 *   -EOWNERDEAD its owner was killed: it is unlocked now, and what it protects
 *		may be in any state. Said once
 *   -EIDRM	it was destroyed: hands off
 *   -EINTR	the wait was broken, e.g. by a signal
 *   -EPERM	the caller cannot sleep here, or is no EVL thread
 */
int evl_lock_kmutex(struct evl_kmutex *kmutex);

/**
 * evl_trylock_kmutex() - lock a mutex if nobody has it
 * @kmutex:	the mutex
 *
 * Stage:  out-of-band, from a handler or a kernel thread.
 * Blocks: no.
 *
 * Return: 0 with @kmutex locked, or
 *   -EBUSY	another thread owns it
 *   -EDEADLK	the caller owns it
 *   -EOWNERDEAD as for evl_lock_kmutex()
 *   -EPERM	the caller is no EVL thread, or in-band
 */
int evl_trylock_kmutex(struct evl_kmutex *kmutex);

/**
 * evl_unlock_kmutex() - unlock a mutex
 * @kmutex:	the mutex. If the caller does not own it nothing happens, and
 *		the log says so
 *
 * Stage:  any; in-band from a handler that works for its owner.
 * Blocks: no.
 */
void evl_unlock_kmutex(struct evl_kmutex *kmutex);

#endif /* _EVL_MUTEX_H */
