/* SPDX-License-Identifier: MIT */
/* Vectors of buffers: the caller's (struct iovec) and one's own.
 * Source: driver-api 2.17 */
#ifndef _EVL_CUSED_LINUX_UIO_H
#define _EVL_CUSED_LINUX_UIO_H

#include <linux/types.h>
#include <sys/uio.h>

#define UIO_FASTIOV 8
#ifndef UIO_MAXIOV
#define UIO_MAXIOV 1024
#endif

struct kvec {
	void *iov_base;
	size_t iov_len;
};

#endif /* _EVL_CUSED_LINUX_UIO_H */
