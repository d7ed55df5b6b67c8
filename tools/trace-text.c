/* SPDX-License-Identifier: MIT */
#include "trace-text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_SECOND UINT64_C(1000000000)

/* What goes behind a backslash, or 0. */
static char escape_of(unsigned char c)
{
	static const char from[] = "\n\r\t\\\"", to[] = "nrt\\\"";
	const char *found = c ? strchr(from, c) : NULL;

	return found ? to[found - from] : '\0';
}

/* Does it read better as a string? */
static bool is_text(const struct trace_record *record)
{
	for (uint32_t i = 0; i < record->len; i++) {
		unsigned char c = record->data[i];

		if ((c < ' ' || c > '~') && escape_of(c) == '\0')
			return false;
	}

	return record->len > 0;
}

static char *put_text(char *at, const struct trace_record *record)
{
	*at++ = '"';
	for (uint32_t i = 0; i < record->len; i++) {
		char escape = escape_of(record->data[i]);

		if (escape)
			*at++ = '\\';
		*at++ = escape ? escape : (char)record->data[i];
	}
	*at++ = '"';

	return at;
}

static char *put_hex(char *at, const struct trace_record *record)
{
	static const char digits[] = "0123456789abcdef";

	for (uint32_t i = 0; i < record->len; i++) {
		*at++ = digits[record->data[i] >> 4];
		*at++ = digits[record->data[i] & 0xf];
	}

	return at;
}

static int put_head(char *at, size_t size, const struct trace_record *record)
{
	static const char *const names[] = {
		[TRACE_READ] = "read",	 [TRACE_WRITE] = "write",
		[TRACE_IOCTL] = "ioctl", [TRACE_ERROR] = "error",
		[TRACE_END] = "end",
	};
	int len = snprintf(at, size, "%" PRIu64 ".%09" PRIu64 " %s",
			   record->time / NS_PER_SECOND,
			   record->time % NS_PER_SECOND, names[record->kind]);

	if (record->kind == TRACE_IOCTL)
		len += snprintf(at + len, size - (size_t)len,
				" 0x%08" PRIx32 " %" PRId32, record->cmd,
				record->result);
	else if (record->kind == TRACE_ERROR)
		len += snprintf(at + len, size - (size_t)len, " %" PRId32,
				record->result);

	return len;
}

size_t trace_format(const struct trace_record *record,
		    char line[static TRACE_LINE_MAX])
{
	char *at = line + put_head(line, TRACE_LINE_MAX, record);

	if (record->len) {
		*at++ = ' ';
		at = is_text(record) ? put_text(at, record)
				     : put_hex(at, record);
	}
	*at++ = '\n';

	return (size_t)(at - line);
}
