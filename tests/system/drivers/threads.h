/* SPDX-License-Identifier: MIT */
/* What /dev/threads does when it is told, see threads.c. */
#pragma once

#include <linux/types.h>
#ifndef __KERNEL__
#include <sys/ioctl.h>
#endif

/* A request of oob_read(): it returns twice @value, which a thread works out. */
struct threads_io {
	__u64 value;
	__u64 answer;
};

/* Out-of-band: wait for a thread of a lower priority to clear a variable, by
 * looking at it: politely, or without a cpu_relax(). */
#define THREADS_IOC_WAIT_POLITELY _IO('T', 1)
#define THREADS_IOC_WAIT_RUDELY	  _IO('T', 2)
/* In-band, too: end the wait of a thread which looks politely. How often it has
 * been let go. */
#define THREADS_IOC_LET_GO _IOR('T', 3, __u64)
/* Out-of-band: what evl_lock_kmutex() and evl_unlock_kmutex() return or say,
 * for a mutex of all files. */
#define THREADS_IOC_LOCK   _IO('T', 4)
#define THREADS_IOC_UNLOCK _IO('T', 5)
/* Either stage: stop a thread that waits, and, in-band, start it again. */
#define THREADS_IOC_STOP  _IO('T', 6)
#define THREADS_IOC_START _IO('T', 7)
/* The same on that CPU. */
#define THREADS_IOC_START_ON _IO('T', 9)
/* How many periods of a millisecond there have been. */
#define THREADS_IOC_PERIODS _IOR('T', 8, __u64)
