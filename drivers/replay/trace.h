/* SPDX-License-Identifier: MIT */
/*
 * What a device gave and was given, with the time of each: a trace, as text.
 * replay.md has the format. This reads it, a line at a time and wherever the
 * text came from; it allocates nothing, so that drivers and programs both have
 * it.
 */
#ifndef _REPLAY_TRACE_H
#define _REPLAY_TRACE_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#endif

#define TRACE_MAGIC	"evl-trace"
#define TRACE_VERSION	1
#define TRACE_DATA_MAX	65536			      /* bytes of a record */
#define TRACE_TIME_MAX	UINT64_C(1000000000000000000) /* ns, 31 years */
#define TRACE_SIZE_MAX	(256u << 20)		      /* bytes of a file */
#define TRACE_ERROR_MAX 511 /* as an error: callers are never given more */

enum trace_kind {
	TRACE_READ,  /* what one read gave */
	TRACE_WRITE, /* what one write was given */
	TRACE_IOCTL, /* what an ioctl answered */
	TRACE_ERROR, /* from now on reads fail */
	TRACE_END,   /* the recording ended */
};

struct trace_record {
	uint64_t time;	     /* ns from the beginning of the trace */
	unsigned char *data; /* borrowed from the text */
	uint32_t len;	     /* of it, in bytes */
	uint32_t cmd;	     /* of an ioctl */
	int32_t result;	     /* of an ioctl; the errno of an error */
	enum trace_kind kind;
};

struct trace_parser {
	unsigned char *next, *end; /* the text that is left; borrowed */
	bool dry;		   /* leave the text alone: there are no data */
	unsigned long line;	   /* the one read last, from 1 */
	uint64_t time;		   /* of the record before */
	enum trace_kind last;	   /* its kind */
	bool begun;		   /* the first line was good */
	bool truncated;		   /* the last line was cut off, and left out */
	const char *error; /* what is wrong with the line; NULL: nothing */
};

/*
 * Read @size bytes of @text, which become the data of its records. With @dry
 * they stay, and all is checked.
 *
 * Stage: any. Blocks: no.
 */
void trace_begin(struct trace_parser *parser, void *text, size_t size,
		 bool dry);

/*
 * The next record: 1, or 0 at the end of the text, or -1 with @parser->error
 * set. A last line without its newline is none.
 *
 * Stage: any. Blocks: no.
 */
int trace_next(struct trace_parser *parser, struct trace_record *record);

#endif /* _REPLAY_TRACE_H */
