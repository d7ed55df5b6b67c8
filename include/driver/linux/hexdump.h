/* SPDX-License-Identifier: MIT */
/* Memory, as a person reads it: linux/printk.h has it along.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_HEXDUMP_H
#define _LINUX_HEXDUMP_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

enum {
	DUMP_PREFIX_NONE,
	DUMP_PREFIX_ADDRESS,
	DUMP_PREFIX_OFFSET,
};

/**
 * hex_dump_to_buffer() - a line of a dump
 * @buf:	the bytes
 * @len:	how many; at most @rowsize of them are shown
 * @rowsize:	bytes in a line: 16 or 32; any other makes it 16
 * @groupsize:	bytes in a group, shown as a number of the CPU's: 1, 2, 4 or 8;
 *		1 if @len is no multiple of it
 * @linebuf:	receives the line, without a newline
 * @linebuflen:	its size in bytes
 * @ascii:	true: with the characters behind them
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: how long the line is; if that is @linebuflen or more, it was cut
 */
int hex_dump_to_buffer(const void *buf, size_t len, int rowsize, int groupsize,
		       char *linebuf, size_t linebuflen, bool ascii);

/**
 * print_hex_dump() - write a dump to the log
 * @level:	one of KERN_*
 * @prefix:	how each line begins
 * @prefix_type: and goes on: DUMP_PREFIX_NONE, with the byte's address or offset
 * @rowsize:	as hex_dump_to_buffer(), as all that follow
 * @groupsize:	...
 * @buf:	...
 * @len:	as many lines as it takes
 * @ascii:	...
 *
 * Stage:  any.
 * Blocks: no.
 */
void print_hex_dump(const char *level, const char *prefix, int prefix_type,
		    int rowsize, int groupsize, const void *buf, size_t len,
		    bool ascii);

#define print_hex_dump_bytes(prefix, prefix_type, buf, len) \
	print_hex_dump("\0017", prefix, prefix_type, 16, 1, buf, len, true)
#define print_hex_dump_debug(prefix, prefix_type, rowsize, groupsize, buf,    \
			     len, ascii)                                      \
	print_hex_dump("\0017", prefix, prefix_type, rowsize, groupsize, buf, \
		       len, ascii)

#define hex_asc_lo(byte) ("0123456789abcdef"[(byte)&0x0f])
#define hex_asc_hi(byte) ("0123456789abcdef"[((byte)&0xf0) >> 4])

/* Two digits; what is behind them. */
static inline char *hex_byte_pack(char *buf, u8 byte)
{
	*buf++ = hex_asc_hi(byte);
	*buf++ = hex_asc_lo(byte);

	return buf;
}

#endif /* _LINUX_HEXDUMP_H */
