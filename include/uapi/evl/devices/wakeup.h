/* SPDX-License-Identifier: MIT */
/*
 * What applications may ask of /dev/wakeup: how late a timer's function, or a
 * kernel thread which sleeps until a date, comes to run.
 */
#ifndef _EVL_UAPI_DEVICES_WAKEUP_H
#define _EVL_UAPI_DEVICES_WAKEUP_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define WAKEUP_SAMPLES_MAX 4096 /* of one request */

enum wakeup_who {
	WAKEUP_HANDLER, /* a timer's function */
	WAKEUP_KTHREAD, /* a thread in evl_sleep_until() */
};

struct wakeup_request {
	__u32 who;
	__u32 nr_samples;
	__u64 period;	   /* between two dates, in ns */
	__u64 samples_ptr; /* an array of __u32, ns behind the date each */
};

#define WAKEUP_IOC_BASE 'W'

/* Returns when all samples are there. By oob_ioctl(). EINTR, EIDRM (closed);
 * EBUSY: the last one, which was interrupted, is just ending. */
#define WAKEUP_IOC_MEASURE _IOW(WAKEUP_IOC_BASE, 0, struct wakeup_request)

#endif /* _EVL_UAPI_DEVICES_WAKEUP_H */
