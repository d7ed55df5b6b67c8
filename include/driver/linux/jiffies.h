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
#define jiffies ((unsigned long)get_jiffies_64())

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

#endif /* _LINUX_JIFFIES_H */
