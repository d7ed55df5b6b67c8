/* SPDX-License-Identifier: MIT */
/* What tests may ask of /dev/deferrer. */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

/* Who asked, in what read(2) gives: one of these bytes for each time. */
#define DEFERRER_TIMER	'T' /* a timer's function, by evl_call_inband() */
#define DEFERRER_ITEM	'W' /* the same, by queue_work() */
#define DEFERRER_OOB	'O' /* an out-of-band handler */
#define DEFERRER_THREAD 'K' /* a kernel thread, woken by a timer's function */

/* By oob_ioctl(): a timer of so many ticks, 100 us each. */
#define DEFERRER_IOC_TICK _IO('D', 0)
/* By oob_ioctl(): defer once, 'O'. */
#define DEFERRER_IOC_DEFER _IO('D', 1)
/* By either: have an in-band handler which sleeps give the number plus 1. */
#define DEFERRER_IOC_ASK _IO('D', 2)

struct deferrer_vector {
	__u64 in_ptr, out_ptr; /* struct iovec */
	__u32 nr_in, nr_out;
};

/* By oob_ioctl(): gather from the one, spread over the other: how many bytes. */
#define DEFERRER_IOC_MOVE _IOWR('D', 3, struct deferrer_vector)
