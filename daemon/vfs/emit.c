/* SPDX-License-Identifier: MIT */
/* What the show function of an attribute writes to its page. */
#include "kapi/export.h"

#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sysfs.h>
#include <stdarg.h>

__printf(3, 0) static int emit(char *buf, int at, const char *fmt, va_list ap)
{
	if (at < 0 || at >= (int)PAGE_SIZE)
		return 0;

	return vscnprintf(buf + at, (size_t)((int)PAGE_SIZE - at), fmt, ap);
}

EXPORT int sysfs_emit(char *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = emit(buf, 0, fmt, ap);
	va_end(ap);

	return len;
}

EXPORT int sysfs_emit_at(char *buf, int at, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = emit(buf, at, fmt, ap);
	va_end(ap);

	return len;
}
