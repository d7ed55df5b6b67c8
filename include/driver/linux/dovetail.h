/* SPDX-License-Identifier: MIT */
/* Source: driver-api 1, 6 */
#ifndef _LINUX_DOVETAIL_H
#define _LINUX_DOVETAIL_H

#include <evl/sched.h>
#include <linux/irqstage.h>

#endif /* _LINUX_DOVETAIL_H */
