/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_DELAY_H
#define _LINUX_DELAY_H

#include <linux/types.h>

/**
 * msleep() - let some time pass
 * @msecs:	at least so many milliseconds
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: for @msecs. Nothing else ends it.
 */
void msleep(unsigned int msecs);

/**
 * msleep_interruptible() - let some time pass unless a signal comes
 * @msecs:	in milliseconds
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: for @msecs, or until the caller gets a signal.
 *
 * Return: the milliseconds left
 */
unsigned long msleep_interruptible(unsigned int msecs);

/**
 * usleep_range() - let some time pass
 * @min:	at least so many microseconds
 * @max:	more than so many would be too late
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: for @min. Nothing else ends it.
 */
void usleep_range(unsigned long min, unsigned long max);

/**
 * ndelay() - keep the CPU busy for some time
 * @nsecs:	at least so many nanoseconds
 *
 * Nothing else of the stage runs meanwhile.
 *
 * Stage:  any.
 * Blocks: no.
 */
void ndelay(unsigned long nsecs);

#define ssleep(secs)  msleep((secs)*1000)
#define fsleep(usecs) usleep_range(usecs, 2 * (usecs))
#define udelay(usecs) ndelay((usecs)*1000UL)
#define mdelay(msecs) ndelay((msecs)*1000000UL)

#endif /* _LINUX_DELAY_H */
