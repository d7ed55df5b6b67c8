/* SPDX-License-Identifier: MIT */
#include <linux/hexdump.h>

#include "kapi/export.h"
#include "kapi/format.h"

#include <ctype.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <string.h>

static void add_group(struct text *line, const unsigned char *bytes,
		      size_t size)
{
	unsigned long long number = 0;
	u16 number16;
	u32 number32;

	switch (size) {
	case 8:
		memcpy(&number, bytes, 8);
		break;
	case 4:
		memcpy(&number32, bytes, 4);
		number = number32;
		break;
	case 2:
		memcpy(&number16, bytes, 2);
		number = number16;
		break;
	default:
		number = *bytes;
	}
	text_add(line, "%s%0*llx", line->len ? " " : "", (int)size * 2, number);
}

static size_t row_of(int rowsize)
{
	return rowsize == 32 ? 32 : 16;
}

EXPORT int hex_dump_to_buffer(const void *buf, size_t len, int rowsize,
			      int groupsize, char *linebuf, size_t linebuflen,
			      bool ascii)
{
	struct text line = { .buf = linebuf, .size = linebuflen };
	size_t row = row_of(rowsize), group = (size_t)groupsize;
	const unsigned char *bytes = buf;

	if (linebuflen)
		linebuf[0] = '\0';
	if (len > row)
		len = row;
	if ((group != 2 && group != 4 && group != 8) || len % group)
		group = 1;

	for (size_t i = 0; i < len; i += group)
		add_group(&line, bytes + i, group);
	if (!ascii || len == 0)
		return (int)line.len;

	/* In a column, behind the longest of lines. */
	while (line.len < row * 2 + row / group + 1)
		text_add(&line, " ");
	for (size_t i = 0; i < len; i++)
		text_add(&line, "%c",
			 bytes[i] < 0x80 && isprint(bytes[i]) ? bytes[i] : '.');

	return (int)line.len;
}

EXPORT void print_hex_dump(const char *level, const char *prefix,
			   int prefix_type, int rowsize, int groupsize,
			   const void *buf, size_t len, bool ascii)
{
	size_t row = row_of(rowsize);
	const char *bytes = buf;
	char line[160];

	for (size_t at = 0; at < len; at += row) {
		hex_dump_to_buffer(bytes + at, len - at, rowsize, groupsize,
				   line, sizeof(line), ascii);
		switch (prefix_type) {
		case DUMP_PREFIX_ADDRESS:
			printk("%s%s%p: %s\n", level, prefix, bytes + at, line);
			break;
		case DUMP_PREFIX_OFFSET:
			printk("%s%s%.8zx: %s\n", level, prefix, at, line);
			break;
		default:
			printk("%s%s%s\n", level, prefix, line);
		}
	}
}
