/* SPDX-License-Identifier: MIT */
/*
 * Each place where code of drivers runs, on the thread rig: what may be called
 * there, and what is refused.
 */
#pragma once

#include "thread-rig.h"

enum place_kind {
	PLACE_NOWHERE, /* in-band, on no fiber: a function of an irq_work */
	PLACE_HANDLER, /* in-band */
	PLACE_TIMER,   /* out-of-band, a function of a timer */
	PLACE_REQUEST, /* out-of-band, a handler: an application's thread */
	PLACE_KTHREAD,
	PLACE_HARD_LOCK, /* a kernel thread with such a lock, and so on */
	PLACE_EVL_LOCK,
	PLACE_NO_PREEMPT,
	PLACE_NO_IRQS,
	PLACE_HANDLER_LOCK, /* in-band with a spin lock */
	NR_PLACES
};

/* May code there sleep in calls which are for out-of-band code; which are for
 * any? */
bool place_sleeps_oob(enum place_kind kind);
bool place_sleeps(enum place_kind kind);

/* Run @func there, and everything that comes of it. Who sleeps in it does so
 * until place_leave(), which breaks the sleep. */
void place_run(enum place_kind kind, void (*func)(void));
void place_leave(void);
