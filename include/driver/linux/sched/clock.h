/* SPDX-License-Identifier: MIT */
/* local_clock().
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_SCHED_CLOCK_H
#define _LINUX_SCHED_CLOCK_H

#include <linux/ktime.h>

#endif /* _LINUX_SCHED_CLOCK_H */
