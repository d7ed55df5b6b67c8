/* SPDX-License-Identifier: MIT */
/*
 * Threads as drivers meet them: whoever sleeps in an out-of-band handler, and
 * the reasons a sleep may end for.
 *
 * Source: driver-api 2.4, 2.12
 */
#ifndef _EVL_THREAD_H
#define _EVL_THREAD_H

#include <evl/prelude.h>
#include <evl/sched.h>

/* Opaque: what evl_wait_head() returns and evl_wake_up() takes. */
struct evl_thread;

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
