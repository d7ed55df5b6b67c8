/* SPDX-License-Identifier: MIT */
/*
 * What applications may ask of /dev/loopback, by ioctl() or oob_ioctl().
 */
#ifndef _EVL_UAPI_DEVICES_LOOPBACK_H
#define _EVL_UAPI_DEVICES_LOOPBACK_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define LOOPBACK_MSG_MAX  4096 /* bytes of a message */
#define LOOPBACK_MSG_HELD 16   /* messages a file holds */

struct loopback_echo {
	__u64 value; /* comes back one larger */
};

#define LOOPBACK_IOC_BASE 'L'

/* Does nothing: the bare round trip. */
#define LOOPBACK_IOC_NOP _IO(LOOPBACK_IOC_BASE, 0)
/* Carries a few bytes there and back. */
#define LOOPBACK_IOC_ECHO _IOWR(LOOPBACK_IOC_BASE, 1, struct loopback_echo)
/* Sleeps until woken, or returns at once if it was beforehand: each
 * LOOPBACK_IOC_WAKE on the same open file ends one. EINTR, EIDRM (closed). */
#define LOOPBACK_IOC_SLEEP _IO(LOOPBACK_IOC_BASE, 2)
#define LOOPBACK_IOC_WAKE  _IO(LOOPBACK_IOC_BASE, 3)

#endif /* _EVL_UAPI_DEVICES_LOOPBACK_H */
