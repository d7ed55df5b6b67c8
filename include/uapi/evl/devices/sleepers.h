/* SPDX-License-Identifier: MIT */
/*
 * What applications may ask of /dev/sleepers: kernel threads which sleep, many
 * of them, and how long it takes to wake one.
 */
#ifndef _EVL_UAPI_DEVICES_SLEEPERS_H
#define _EVL_UAPI_DEVICES_SLEEPERS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SLEEPERS_SAMPLES_MAX 4096 /* of one request */

/* What they sleep on: each file has one of each. Of those who share one the most
 * urgent is woken, and there is one more urgent than those who were added. */
enum sleepers_place {
	SLEEPERS_FLAG,
	SLEEPERS_SEM,
	SLEEPERS_QUEUE,
	SLEEPERS_ALONE, /* a flag which one thread alone sleeps on */
};

struct sleepers_request {
	__u32 place;
	__u32 nr_samples;
	__u64 samples_ptr; /* an array of __u32, ns from the call to the thread */
};

#define SLEEPERS_IOC_BASE 'S'

/* So many more, in turns on the first three, with all priorities but the highest.
 * By ioctl(). The number there is now; EAGAIN: there are as many threads as the
 * daemon allows, those who could be are there. */
#define SLEEPERS_IOC_ADD _IO(SLEEPERS_IOC_BASE, 0)
/* All of them are gone. By ioctl(). */
#define SLEEPERS_IOC_REMOVE _IO(SLEEPERS_IOC_BASE, 1)
/* Wake one after the other. By oob_ioctl(). EINTR, EIDRM (closed). */
#define SLEEPERS_IOC_WAKE _IOW(SLEEPERS_IOC_BASE, 2, struct sleepers_request)

#endif /* _EVL_UAPI_DEVICES_SLEEPERS_H */
