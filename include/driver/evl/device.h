/* SPDX-License-Identifier: MIT */
/* Most of what a driver needs of EVL, at once. */
#ifndef _EVL_DEVICE_H
#define _EVL_DEVICE_H

#include <evl/clock.h>
#include <evl/crossing.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <evl/sched.h>
#include <evl/thread.h>
#include <evl/timeout.h>
#include <evl/uaccess.h>
#include <evl/wait.h>
#include <evl/xbuf.h>

/* Is there an EVL core? Here there always is. */
static inline bool evl_enabled(void)
{
	return true;
}

#endif /* _EVL_DEVICE_H */
