/* SPDX-License-Identifier: MIT */
/*
 * A flag is the simplest thing to wait for: raised from any stage, taken by
 * one waiter, who thereby lowers it. Raising it twice is raising it once.
 *
 * Source: driver-api 2.5
 */
#ifndef _EVL_FLAG_H
#define _EVL_FLAG_H

#include <evl/file.h> /* which drivers count on */
#include <evl/prelude.h>
#include <evl/sched.h>
#include <evl/wait.h>

/* Zero-filled is a working flag, lowered. */
struct evl_flag {
	struct evl_wait_queue wait;
	bool raised;
};

/* clang-format off */
#define EVL_FLAG_INITIALIZER(name) \
	{ .wait = EVL_WAIT_INITIALIZER((name).wait), .raised = false }
/* clang-format on */
#define DEFINE_EVL_FLAG(name) struct evl_flag name = EVL_FLAG_INITIALIZER(name)

/**
 * evl_init_flag() - prepare a flag
 * @wf:		the flag, lowered on return; nobody may wait for it
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_flag(struct evl_flag *wf);
#define evl_init_flag_on_stack(wf) evl_init_flag(wf)

/**
 * evl_destroy_flag() - end everybody's wait
 * @wf:		the flag; all waits for it return -EIDRM
 *
 * Its memory must last until those who slept have left the driver: call
 * evl_release_file() before freeing it.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_destroy_flag(struct evl_flag *wf);

/**
 * evl_wait_flag_timeout() - wait for a flag and lower it, for a time
 * @wf:		the flag
 * @timeout:	a delay or a date on CLOCK_MONOTONIC, in nanoseconds;
 *		EVL_INFINITE with EVL_REL waits without limit, EVL_NONBLOCK
 *		does not wait
 * @mode:	EVL_REL or EVL_ABS
 *
 * Stage:  out-of-band, from a handler; any, if the flag is up.
 * Blocks: until the flag is raised for this waiter, or @timeout is over.
 *	   Waiters are served by priority, in order of arrival among equals.
 *
 * Return: 0, or
 *   -EAGAIN	the flag is down, with EVL_NONBLOCK
 *   -ETIMEDOUT	@timeout was over first
 *   -EINTR	the wait was broken, e.g. by a signal
 *   -EIDRM	the flag was destroyed: hands off
 *   -EPERM	the flag is down, and the caller cannot sleep here
 */
int evl_wait_flag_timeout(struct evl_flag *wf, ktime_t timeout,
			  enum evl_tmode mode);

/**
 * evl_wait_flag() - wait for a flag and lower it
 * @wf:		the flag
 *
 * Stage:  out-of-band, from a handler; any, if the flag is up.
 * Blocks: until the flag is raised for this waiter.
 *
 * Return: as evl_wait_flag_timeout()
 */
int evl_wait_flag(struct evl_flag *wf);

/**
 * evl_wait_flag_head() - who would be served first?
 * @wf:		the flag, locked
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: the waiter, or NULL if there is none
 */
static inline struct evl_thread *evl_wait_flag_head(struct evl_flag *wf)
{
	return evl_wait_head(&wf->wait);
}

/**
 * evl_read_flag() - lower a flag
 * @wf:		the flag
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: true if it was up
 */
static inline bool evl_read_flag(struct evl_flag *wf)
{
	/* Acquire: what was done before the raise, see evl_raise_flag(). */
	return __atomic_exchange_n(&wf->raised, false, __ATOMIC_ACQUIRE);
}

/**
 * evl_peek_flag() - is a flag up?
 * @wf:		the flag, left as it is
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline bool evl_peek_flag(struct evl_flag *wf)
{
	/* Acquire: as evl_read_flag(). */
	return __atomic_load_n(&wf->raised, __ATOMIC_ACQUIRE);
}

/* Lower a flag, up or not. Any stage; does not block. */
static inline void evl_clear_flag(struct evl_flag *wf)
{
	/* Relaxed: nothing is learnt from it. */
	__atomic_store_n(&wf->raised, false, __ATOMIC_RELAXED);
}

/**
 * evl_raise_flag() - raise a flag
 * @wf:		the flag
 *
 * One waiter gets it; without any it stays up for the next.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_raise_flag(struct evl_flag *wf);

/* The same for who holds the flag's lock. */
void evl_raise_flag_locked(struct evl_flag *wf);

/**
 * evl_pulse_flag() - let all current waiters go
 * @wf:		the flag, left as it is
 *
 * Each of their waits returns 0. With no waiter nothing happens, nor is it
 * remembered.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_pulse_flag(struct evl_flag *wf);

/* The same for who holds the flag's lock. */
void evl_pulse_flag_locked(struct evl_flag *wf);

/**
 * evl_flush_flag() - wake all waiters
 * @wf:		the flag, left as it is
 * @reason:	EVL_T_RMID for -EIDRM, EVL_T_BCAST for 0
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_flush_flag(struct evl_flag *wf, int reason);

/* The same for who holds the flag's lock. */
void evl_flush_flag_locked(struct evl_flag *wf, int reason);

/* There is no scheduling to be put off: see evl_schedule(). */
#define evl_raise_flag_nosched(wf)	   evl_raise_flag(wf)
#define evl_pulse_flag_nosched(wf)	   evl_pulse_flag(wf)
#define evl_flush_flag_nosched(wf, reason) evl_flush_flag(wf, reason)

/* The lock under which the _locked calls are made. */
#define evl_lock_flag(wf, flags) raw_spin_lock_irqsave(&(wf)->wait.lock, flags)
#define evl_unlock_flag(wf, flags) \
	raw_spin_unlock_irqrestore(&(wf)->wait.lock, flags)

#ifdef __KERNEL__ /* which drivers count on, too */
#include <evl/device.h>
#endif

#endif /* _EVL_FLAG_H */
