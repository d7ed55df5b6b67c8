/* SPDX-License-Identifier: MIT */
/* The two clocks of the core, in nanoseconds.
 * Source: driver-api 2.11 */
#ifndef _EVL_CLOCK_H
#define _EVL_CLOCK_H

#include <evl/prelude.h>
#include <linux/ktime.h>
#include <time.h>

struct evl_clock {
	const char *name;
	clockid_t id; /* the core's own */
};

extern struct evl_clock evl_mono_clock;	    /* CLOCK_MONOTONIC */
extern struct evl_clock evl_realtime_clock; /* CLOCK_REALTIME */

/**
 * evl_read_clock() - what time is it?
 * @clock:	the clock
 *
 * Stage:  any.
 * Blocks: no; not even a system call is made.
 *
 * Return: the date, in nanoseconds
 */
ktime_t evl_read_clock(struct evl_clock *clock);

/* The date on CLOCK_MONOTONIC. */
static inline ktime_t evl_ktime_monotonic(void)
{
	return evl_read_clock(&evl_mono_clock);
}

#endif /* _EVL_CLOCK_H */
