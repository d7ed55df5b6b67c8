/* SPDX-License-Identifier: MIT */
/*
 * Threads as drivers meet them: an attached thread of an application, which a
 * handler works for, or one of a driver's own. And the reasons a sleep may end
 * for.
 *
 * Source: driver-api 2.4, 2.12
 */
#ifndef _EVL_THREAD_H
#define _EVL_THREAD_H

#include <evl/prelude.h>
#include <evl/sched.h>

struct evl_thread {
	/* The core's own: */
	void *fiber; /* what runs it, or will */
	const char *name;
};

/**
 * evl_current() - for which thread does the caller run?
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: an application's attached thread in its request's handler, on either
 *	   stage; a thread of a driver's own; NULL for anybody else
 */
struct evl_thread *evl_current(void);

/* Why a sleep ended. */
#define EVL_T_TIMEO 0x0001 /* its time was over */
#define EVL_T_RMID  0x0002 /* the object goes away */
#define EVL_T_BREAK 0x0004 /* forced, as by a signal */
#define EVL_T_BCAST 0x0200 /* success for all, whatever they wait for */
#define EVL_T_NOMEM 0x8000 /* no memory */

/* As they were called first. */
#define T_TIMEO EVL_T_TIMEO
#define T_RMID	EVL_T_RMID
#define T_BREAK EVL_T_BREAK
#define T_BCAST EVL_T_BCAST
#define T_NOMEM EVL_T_NOMEM

#endif /* _EVL_THREAD_H */
