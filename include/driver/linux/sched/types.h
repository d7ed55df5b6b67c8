/* SPDX-License-Identifier: MIT */
/* They come along with their calls.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_SCHED_TYPES_H
#define _LINUX_SCHED_TYPES_H

#include <linux/sched.h>

#endif /* _LINUX_SCHED_TYPES_H */
