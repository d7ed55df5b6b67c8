/* SPDX-License-Identifier: MIT */
/*
 * How far a trace has been replayed: what is read next, and when; what is to be
 * written next. The caller locks.
 *
 * Reads come in the order of the trace. What was recorded after a write comes
 * only after that write was made again, unless writes do not matter, and as
 * long after it as it did then. So a protocol stays in step, however long the
 * application thinks.
 */
#ifndef _REPLAY_POSITION_H
#define _REPLAY_POSITION_H

#include "load.h"
#include "rules.h"

#include <linux/ktime.h>

struct position {
	const struct trace *trace; /* borrowed, as the rules */
	const struct rules *rules;
	u32 read_at;   /* the next record to be read, or an error; nr: none */
	u32 write_at;  /* the next one to be written; nr: none */
	u32 read_len;  /* how much of it was read */
	u32 write_len; /* how much of it was written */
	u64 time;      /* this one of the trace ... */
	ktime_t date;  /* ... was, or is to be, now */
	u32 nr_laps;
};

/* At the beginning of the trace, which is @now. */
void position_start(struct position *pos, const struct trace *trace,
		    const struct rules *rules, ktime_t now);

/* When a read gives something, be it the end; KTIME_MAX: not before a write. */
ktime_t position_date(const struct position *pos);

/* Must something be written before anything can be read? */
bool position_needs_write(const struct position *pos);

/* Does it give an error, or the end? */
bool position_at_end(const struct position *pos);

/*
 * Take up to @count bytes of the next record; *@r_data is where they are, for
 * as long as the trace is there. How many, 0 at the end, -EAGAIN before its
 * date, or the recorded error.
 */
ssize_t position_read(struct position *pos, size_t count, ktime_t now,
		      const unsigned char **r_data);

/* How many of these bytes, from the first one on, are to be written next. They
 * were written. */
size_t position_write(struct position *pos, const unsigned char *data,
		      size_t count, ktime_t now);

/* The record which is to be written next counts as written. */
void position_skip_write(struct position *pos, ktime_t now);

#endif /* _REPLAY_POSITION_H */
