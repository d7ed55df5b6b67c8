/* SPDX-License-Identifier: MIT */
/* How the time limit of a wait is told, and the clocks it is told on.
 * Source: driver-api 2.4, 2.11 */
#ifndef _EVL_TIMEOUT_H
#define _EVL_TIMEOUT_H

#include <evl/clock.h>
#include <linux/ktime.h>

enum evl_tmode {
	EVL_REL = 0, /* nanoseconds from now */
	EVL_ABS = 1, /* a date */
};

#define EVL_INFINITE ((ktime_t)0) /* with EVL_REL: wait without limit */
#define EVL_NONBLOCK KTIME_MAX	  /* do not wait: -EAGAIN */

#endif /* _EVL_TIMEOUT_H */
