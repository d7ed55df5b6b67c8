/* SPDX-License-Identifier: MIT */
/*
 * What applications may ask of a node of the replay driver, besides what the
 * recorded device was asked: by ioctl() or oob_ioctl().
 */
#ifndef _EVL_UAPI_DEVICES_REPLAY_H
#define _EVL_UAPI_DEVICES_REPLAY_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Nothing is left to be read. */
#define REPLAY_AT_END 0x1
/* Nothing can be read before what was written here is written again. */
#define REPLAY_NEEDS_WRITE 0x2

struct replay_status {
	__u64 time;	     /* of the record which is read next, in ns */
	__u64 duration;	     /* of the trace, in ns */
	__u32 record;	     /* number of that record; nr_records at the end */
	__u32 nr_records;    /* without the one that ends the trace */
	__u32 flags;	     /* REPLAY_* */
	__u32 nr_laps;	     /* how often it began anew */
	__u32 nr_mismatches; /* writes unlike the recorded ones */
	__u32 reserved;	     /* zero */
};

#define REPLAY_IOC_BASE 'P'

/* Where the trace is. */
#define REPLAY_IOC_STATUS _IOR(REPLAY_IOC_BASE, 0xe0, struct replay_status)
/* Back to the beginning, which is now. */
#define REPLAY_IOC_REWIND _IO(REPLAY_IOC_BASE, 0xe1)

#endif /* _EVL_UAPI_DEVICES_REPLAY_H */
