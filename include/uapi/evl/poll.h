/* SPDX-License-Identifier: MIT */
/*
 * Polling sets. Each open(2) of the device makes one, new and empty; both
 * requests are for oob_ioctl(). Applications use the calls of <evl/poll.h>.
 */
#ifndef _EVL_UAPI_POLL_H
#define _EVL_UAPI_POLL_H

#include <linux/ioctl.h>
#include <uapi/evl/types.h>

#define EVL_POLL_DEV	  "poll" /* its node in /dev/evl */

#define EVL_POLL_MAX_FDS  1024 /* descriptors a set may have */
#define EVL_POLL_MAX_NEST 4    /* levels below a set that is added to one */

#define EVL_POLL_CTLADD	  0
#define EVL_POLL_CTLDEL	  1
#define EVL_POLL_CTLMOD	  2

struct evl_poll_ctlreq {
	__u32 action; /* EVL_POLL_CTL* */
	__u32 fd;
	__u32 events;
	__u32 reserved;
	union evl_value pollval;
};

struct evl_poll_event {
	__u32 fd;
	__u32 events; /* POLLIN and the like */
	union evl_value pollval;
};

struct evl_poll_waitreq {
	__u64 timeout_ptr; /* (struct __evl_timespec *), all zero: no limit */
	__u64 pollset_ptr; /* (struct evl_poll_event *) */
	__s32 nrset;	   /* room there; comes back as how many were filled */
	__u32 reserved;
};

/* EINVAL: neither of the three; see evl_add_pollfd() and kin for the rest. */
#define EVL_POLIOC_CTL _IOW('p', 0, struct evl_poll_ctlreq)
/* See evl_timedpoll(). */
#define EVL_POLIOC_WAIT _IOWR('p', 1, struct evl_poll_waitreq)

#endif /* _EVL_UAPI_POLL_H */
