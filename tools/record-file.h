/* SPDX-License-Identifier: MIT */
/*
 * A trace that grows, a line at a time. Whatever happens to who writes it, or to
 * the room there is for it, it stays one: what does not fit whole is taken back.
 */
#pragma once

#include "replay/trace.h"

#include <stdint.h>

struct record_file {
	const char *path; /* borrowed */
	int fd;		  /* owned; -1: not open */
	uint64_t start;	  /* CLOCK_MONOTONIC in ns, the trace's 0 */
	uint64_t size;	  /* of what is whole in it, in bytes */
	bool is_full;	  /* the last one would not fit in TRACE_SIZE_MAX */
	/* What is in it. */
	uint64_t nr_reads, nr_writes;
	uint64_t read_bytes, write_bytes;
};

/* Nanoseconds of CLOCK_MONOTONIC. */
uint64_t record_now(void);

/* Make, or overwrite, a regular file: 0, or -errno and stderr says why. Its time
 * begins. */
int record_file_open(struct record_file *file, const char *path,
		     const char *device, const char *how);

/* Append @record, whose time is of CLOCK_MONOTONIC. 0, or -errno: -EFBIG also for
 * what would make it larger than traces may be. */
int record_file_add(struct record_file *file, struct trace_record record);

/* Append the end, and close it. */
void record_file_close(struct record_file *file);
