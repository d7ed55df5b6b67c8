/* SPDX-License-Identifier: MIT */
/* The clock of old, here one tick a millisecond of CLOCK_MONOTONIC.
 * Source: driver-api 5.2 */
#ifndef _LINUX_JIFFIES_H
#define _LINUX_JIFFIES_H

#include <limits.h>
#include <linux/types.h>

#define HZ		     1000

#define MAX_JIFFY_OFFSET     ((LONG_MAX >> 1) - 1)
#define MAX_SCHEDULE_TIMEOUT LONG_MAX /* wait without limit */

/**
 * get_jiffies_64() - milliseconds since some point in the past
 *
 * Stage:  any.
 * Blocks: no.
 */
u64 get_jiffies_64(void);
#define jiffies	   ((unsigned long)get_jiffies_64())
#define jiffies_64 get_jiffies_64()

static inline unsigned long msecs_to_jiffies(unsigned int ms)
{
	return ms;
}

/* Rounds up, so that no wait is shorter than asked for. */
static inline unsigned long usecs_to_jiffies(unsigned int us)
{
	return us / 1000 + (us % 1000 != 0);
}

static inline u64 nsecs_to_jiffies64(u64 ns)
{
	return ns / 1000000;
}

static inline unsigned long nsecs_to_jiffies(u64 ns)
{
	return nsecs_to_jiffies64(ns);
}

static inline u64 jiffies_to_nsecs(unsigned long j)
{
	return (u64)j * 1000000;
}
#define jiffies64_to_nsecs(j) jiffies_to_nsecs(j)
#define secs_to_jiffies(secs) ((unsigned long)(secs)*HZ)

/* There are no ticks which it would pay to share. */
static inline unsigned long round_jiffies(unsigned long j)
{
	return j;
}

static inline unsigned long round_jiffies_relative(unsigned long j)
{
	return j;
}

static inline unsigned int jiffies_to_msecs(unsigned long j)
{
	return (unsigned int)j;
}

static inline unsigned int jiffies_to_usecs(unsigned long j)
{
	return (unsigned int)(j * 1000);
}

/* Is @a later than @b? Right across a wrap. */
#define time_after(a, b)     ((long)((b) - (a)) < 0)
#define time_before(a, b)    time_after(b, a)
#define time_after_eq(a, b)  ((long)((a) - (b)) >= 0)
#define time_before_eq(a, b) time_after_eq(b, a)
/* Is it from @b to @c? */
#define time_in_range(a, b, c)	     (time_after_eq(a, b) && time_before_eq(a, c))
#define time_is_before_jiffies(a)    time_after(jiffies, a)
#define time_is_after_jiffies(a)     time_before(jiffies, a)
#define time_is_before_eq_jiffies(a) time_after_eq(jiffies, a)
#define time_is_after_eq_jiffies(a)  time_before_eq(jiffies, a)
#define time_after64(a, b)	     ((s64)((b) - (a)) < 0)
#define time_before64(a, b)	     time_after64(b, a)
#define time_after_eq64(a, b)	     ((s64)((a) - (b)) >= 0)
#define time_before_eq64(a, b)	     time_after_eq64(b, a)

#endif /* _LINUX_JIFFIES_H */
