/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.1 */
#ifndef _LINUX_TIMEKEEPING_H
#define _LINUX_TIMEKEEPING_H

#include <linux/ktime.h>

#endif /* _LINUX_TIMEKEEPING_H */
