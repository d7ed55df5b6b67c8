/* SPDX-License-Identifier: MIT */
/* A trace in memory, checked. It does not change any more. */
#ifndef _REPLAY_LOAD_H
#define _REPLAY_LOAD_H

#include "trace.h"

struct trace {
	void *text;		      /* owned, with the records' data */
	struct trace_record *records; /* owned; without the one that ends it */
	u32 *ioctls;		      /* owned; which of them are such */
	u32 nr, nr_reads, nr_writes, nr_ioctls;
	u64 duration; /* ns */
};

/* In-band. 0, or -errno and the log says why. */
int trace_load(struct trace *trace, const char *path);
/* In-band. Takes what trace_load() failed to load, too. */
void trace_unload(struct trace *trace);

/* What ioctl @cmd answered at record number @at or before, else the first time;
 * NULL: it never did. One of another size will do. Any stage. */
const struct trace_record *trace_answer(const struct trace *trace,
					unsigned int cmd, u32 at);

#endif /* _REPLAY_LOAD_H */
