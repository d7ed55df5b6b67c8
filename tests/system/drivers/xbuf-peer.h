/* SPDX-License-Identifier: MIT */
/* What tests may ask of /dev/xbuf-peer, by ioctl() or oob_ioctl(). */
#pragma once

#include <linux/ioctl.h>
#include <linux/types.h>

#define XBUF_PEER_MAX 64 /* bytes of a transfer that are real */

/* Of evl_read_xbuf() or evl_write_xbuf(): the ioctl itself returns 0. */
struct xbuf_peer_io {
	__u32 count;
	__u32 f_flags;
	__s64 ret; /* out */
	char buf[XBUF_PEER_MAX];
};

#define XBUF_PEER_IOC_BASE 'P'

/* By value, a descriptor. ENOENT: evl_get_xbuf() gave NULL; EBUSY: an open file
 * of the peer holds one cross-buffer; EUCLEAN: NULL, but *efilpp was touched. */
#define XBUF_PEER_IOC_GET   _IO(XBUF_PEER_IOC_BASE, 0)
#define XBUF_PEER_IOC_PUT   _IO(XBUF_PEER_IOC_BASE, 1)
#define XBUF_PEER_IOC_READ  _IOWR(XBUF_PEER_IOC_BASE, 2, struct xbuf_peer_io)
#define XBUF_PEER_IOC_WRITE _IOWR(XBUF_PEER_IOC_BASE, 3, struct xbuf_peer_io)
