/* SPDX-License-Identifier: MIT */
/* What the show function of an attribute writes to its page. */
#include "kapi/export.h"
#include "kapi/format.h"

#include <linux/mm.h>
#include <linux/sysfs.h>
#include <stdarg.h>

__printf(3, 0) static int emit(char *buf, int at, const char *fmt, va_list ap)
{
	int room = (int)PAGE_SIZE - at, len;

	if (at < 0 || room <= 0)
		return 0;
	len = format_text(buf + at, (size_t)room, fmt, ap);

	return len < room ? len : room - 1;
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
