/* SPDX-License-Identifier: MIT */
/* Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _EVL_CUSED_LINUX_TIME_H
#define _EVL_CUSED_LINUX_TIME_H

#include <linux/time64.h>
#include <sys/time.h>
#include <time.h>

#endif /* _EVL_CUSED_LINUX_TIME_H */
