/* SPDX-License-Identifier: MIT */
/*
 * The cross-buffer class.
 *
 * Source: user-api 10.2, 26.2
 */
#ifndef _EVL_UAPI_XBUF_H
#define _EVL_UAPI_XBUF_H

#include <uapi/evl/types.h>

#define EVL_XBUF_DEV	  "xbuf" /* its directory in /dev/evl */

#define EVL_XBUF_MAX_SIZE (1U << 30) /* of either ring, in bytes */

struct evl_xbuf_attrs {
	__u32 i_bufsz; /* oob_write() to read(2), bytes; 0: no such way */
	__u32 o_bufsz; /* write(2) to oob_read(), likewise */
};

#endif /* _EVL_UAPI_XBUF_H */
