/* SPDX-License-Identifier: MIT */
/*
 * Cross-buffers. Only their creation needs the library; what follows are
 * file operations.
 */
#include <errno.h>
#include <evl/xbuf.h>
#include <stdarg.h>
#include <stdint.h>
#include "client.h"
#include "element.h"
#include "export.h"

EXPORT int evl_create_xbuf(size_t i_bufsz, size_t o_bufsz, int flags,
			   const char *fmt, ...)
{
	struct evl_xbuf_attrs attrs;
	struct element element;
	va_list ap;
	int ret;

	if ((uint32_t)flags &
	    ~(uint32_t)(EVL_CLONE_PUBLIC | EVL_CLONE_NONBLOCK |
			EVL_CLONE_COREDEV))
		return -EINVAL;
	if (i_bufsz > EVL_XBUF_MAX_SIZE || o_bufsz > EVL_XBUF_MAX_SIZE ||
	    (i_bufsz == 0 && o_bufsz == 0))
		return -EINVAL;

	ret = client_connect(NULL);
	if (ret)
		return ret;

	attrs.i_bufsz = (uint32_t)i_bufsz;
	attrs.o_bufsz = (uint32_t)o_bufsz;
	va_start(ap, fmt);
	ret = element_new(EVL_XBUF_DEV, &attrs, sizeof(attrs),
			  (unsigned int)flags, fmt, ap, &element);
	va_end(ap);

	return ret ? ret : element.fd;
}
