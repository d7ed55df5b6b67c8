/* SPDX-License-Identifier: MIT */
/*
 * Most of what a driver needs of EVL, at once.
 *
 * "Source:" names the sections of the specification which a header or a call
 * follows: driver-api is what the EVL core was found to do, seed-0 to seed-4
 * are EVL's own pages on drivers, files and cross-buffers.
 *
 * Source: driver-api 6
 */
#ifndef _EVL_DEVICE_H
#define _EVL_DEVICE_H

#include <evl/clock.h>
#include <evl/crossing.h>
#include <evl/factory.h>
#include <evl/file.h>
#include <evl/flag.h>
#include <evl/list.h>
#include <evl/lock.h>
#include <evl/memory.h>
#include <evl/mutex.h>
#include <evl/poll.h>
#include <evl/sched.h>
#include <evl/sem.h>
#include <evl/stax.h>
#include <evl/thread.h>
#include <evl/timeout.h>
#include <evl/timer.h>
#include <evl/uaccess.h>
#include <evl/uio.h>
#include <evl/wait.h>
#include <evl/work.h>
#include <evl/xbuf.h>

/* Is there an EVL core? Here there always is. */
static inline bool evl_enabled(void)
{
	return true;
}

#endif /* _EVL_DEVICE_H */
