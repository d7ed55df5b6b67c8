/* SPDX-License-Identifier: MIT */
/*
 * What applications ask of /dev/hectic, which has threads of both stages, and
 * its own, pass control to one another.
 *
 * Source: user-api 29.4; driver-api 7.13
 */
#ifndef _EVL_UAPI_DEVICES_HECTIC_H
#define _EVL_UAPI_DEVICES_HECTIC_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* In flags: the driver's. */
#define HECTIC_OOB_WAIT 0x10000
#define HECTIC_KTHREAD	0x20000

struct hectic_task_index {
	__u32 index;
	__u32 flags;
};

struct hectic_switch_req {
	__u32 from;
	__u32 to; /* as from: whoever passed control last */
};

struct hectic_error {
	struct hectic_switch_req last_switch;
	__u32 fp_val; /* what was found instead of what was put there */
};

#define EVL_HECTIC_IOCBASE 'H'

/* Those marked * have the number itself as argument, whatever they say. */
#define EVL_HECIOC_SET_TASKS_COUNT _IOW(EVL_HECTIC_IOCBASE, 0, __u32) /* * */
#define EVL_HECIOC_SET_CPU	   _IOW(EVL_HECTIC_IOCBASE, 1, __u32) /* * */
#define EVL_HECIOC_REGISTER_UTASK \
	_IOW(EVL_HECTIC_IOCBASE, 2, struct hectic_task_index)
#define EVL_HECIOC_CREATE_KTASK \
	_IOWR(EVL_HECTIC_IOCBASE, 3, struct hectic_task_index)
#define EVL_HECIOC_PEND _IOR(EVL_HECTIC_IOCBASE, 4, struct hectic_task_index)
#define EVL_HECIOC_SWITCH_TO \
	_IOR(EVL_HECTIC_IOCBASE, 5, struct hectic_switch_req)
#define EVL_HECIOC_GET_SWITCHES_COUNT _IOR(EVL_HECTIC_IOCBASE, 6, __u32)
#define EVL_HECIOC_GET_LAST_ERROR \
	_IOR(EVL_HECTIC_IOCBASE, 7, struct hectic_error)
#define EVL_HECIOC_SET_PAUSE   _IOW(EVL_HECTIC_IOCBASE, 8, __u32) /* * */
#define EVL_HECIOC_LOCK_STAX   _IO(EVL_HECTIC_IOCBASE, 9)
#define EVL_HECIOC_UNLOCK_STAX _IO(EVL_HECTIC_IOCBASE, 10)

#endif /* _EVL_UAPI_DEVICES_HECTIC_H */
