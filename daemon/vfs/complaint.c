/* SPDX-License-Identifier: MIT */
#include "vfs/complaint.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static char text[COMPLAINT_SIZE];
static bool hushed;

void complaint_clear(void)
{
	text[0] = '\0';
}

void complain(const char *fmt, ...)
{
	va_list ap;

	if (hushed)
		return;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	log_err("%s", text);
}

void complaint_set(const char *line)
{
	snprintf(text, sizeof(text), "%s", line);
}

void complaint_hush(bool hush)
{
	hushed = hush;
}

const char *complaint(void)
{
	return text;
}

const char *remedy(const char *why, const char *usual)
{
	if (strstr(why, strerrordesc_np(EMFILE)))
		return "give evl-cused more descriptors, by LimitNOFILE= of "
		       "its service or ulimit -n";
	if (strstr(why, strerrordesc_np(ENFILE)))
		return "give the machine more descriptors, by the sysctl "
		       "fs.file-max";

	return usual;
}
