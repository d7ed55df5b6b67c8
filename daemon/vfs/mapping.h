/* SPDX-License-Identifier: MIT */
/*
 * A mapping of an open file: the driver's mmap handler was asked for it, and
 * its vm_ops->close will hear of the end, once. Ended by whoever learns first
 * that no process has it any more; by the file's RELEASE at the latest, before
 * the release handler.
 *
 * Stage: in-band, from fibers.
 */
#pragma once

#include "kapi/area.h"
#include "stage/wait.h"

#include <linux/list.h>
#include <stdbool.h>
#include <stdint.h>

struct open_file;

/* What mmap(2) is asked for, unchecked. */
struct mapping_request {
	uint64_t addr;	 /* where it will be in the client */
	uint64_t length; /* in bytes */
	uint64_t offset; /* in bytes */
	uint32_t prot;	 /* PROT_* */
	bool shared;
};

struct mapping {
	struct area area;
	struct open_file *file; /* borrowed; in its list until the end */
	struct list_head link;
	bool ending;
	struct wait_queue over; /* who wanted to end it, too */
	unsigned int nr_waiters;
	/* It has ended, nobody looks at it any more: may free it. */
	void (*ended)(struct mapping *mapping);
};

/*
 * Have the driver of @of map what @rq says. @mapping is all zeroes, but for
 * ->ended. Blocks: as long as the driver's mmap. 0, or
 *   -EINVAL, -ENOMEM, -EOVERFLOW	no such lengths, offsets, protections
 *   -EACCES	the file is not open for that
 *   -EPERM	to be executed
 *   -ENODEV	the driver cannot map
 * or the driver's error.
 */
int mapping_begin(struct mapping *mapping, struct open_file *of,
		  const struct mapping_request *rq);

/* Blocks: until vm_ops->close has returned, whoever called it. */
void mapping_end(struct mapping *mapping);

/* The same for all of @of's. */
void mapping_end_all(struct open_file *of);

/* May the client write to the memory itself, now or after mprotect()? */
bool mapping_writable(const struct mapping *mapping);
/* What the driver has left of PROT_*. */
uint32_t mapping_prot(const struct mapping *mapping);
