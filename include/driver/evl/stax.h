/* SPDX-License-Identifier: MIT */
/*
 * A stage exclusion lock lets any number of threads of one stage in, as often
 * as they like, and keeps the other stage out meanwhile. It is not fair: as
 * long as somebody of one stage is in, the other one waits.
 *
 * Source: driver-api 2.9
 */
#ifndef _EVL_STAX_H
#define _EVL_STAX_H

#include <evl/prelude.h>
#include <evl/wait.h>

#define EVL_STAX_INBAND_SPIN 0x1 /* in-band callers look, rather than sleep */

/* Zero-filled is a working one, without flags. */
struct evl_stax {
	struct evl_wait_queue wait; /* the core's own, as all below */
	int gate;		    /* how many are in; in-band ones negative */
	int flags;
};

/* Below the macro. */
void __evl_init_stax(struct evl_stax *stax, int flags);

/**
 * evl_init_stax() - prepare a stage exclusion lock
 * @stax:	the lock; nobody is in
 * @flags:	EVL_STAX_INBAND_SPIN or 0; may be left out
 *
 * Stage:  any.
 * Blocks: no.
 */
/* clang-format off */
#define __evl_stax_flags(stax, flags, ...) stax, flags
#define evl_init_stax(...) \
	__evl_init_stax(__evl_stax_flags(__VA_ARGS__, 0, 0))
/* clang-format on */

/**
 * evl_destroy_stax() - end the wait of everybody out-of-band
 * @stax:	the lock; they get -EIDRM. Who waits in-band goes on
 *
 * Its memory must last until everybody has left it.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_destroy_stax(struct evl_stax *stax);

/**
 * evl_lock_stax() - go in
 * @stax:	the lock
 *
 * Stage:  in-band, from a fiber; out-of-band, from a handler or a kernel
 *	   thread.
 * Blocks: until the other stage has left. With EVL_STAX_INBAND_SPIN in-band
 *	   callers look again and again, which no signal ends.
 *
 * Return: 0, or
 *   -ERESTARTSYS a signal came, in-band
 *   -EINTR	the wait was broken, e.g. by a signal, out-of-band
 *   -EIDRM	it was destroyed, out-of-band: hands off
 *   -EPERM	the caller cannot sleep here
 */
int evl_lock_stax(struct evl_stax *stax);

/**
 * evl_trylock_stax() - go in if the other stage is not
 * @stax:	the lock
 *
 * Stage:  any, but for functions of timers and the like.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EAGAIN	it is
 *   -EPERM	the caller is a function of a timer, or the like
 */
int evl_trylock_stax(struct evl_stax *stax);

/**
 * evl_unlock_stax() - leave
 * @stax:	the lock, which somebody of this stage is in; else nothing
 *		happens, and the log says so
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_unlock_stax(struct evl_stax *stax);

#endif /* _EVL_STAX_H */
