/* SPDX-License-Identifier: MIT */
/*
 * Mappings of the daemon's files: it hands out the memory behind them, which we
 * put in place. As safe in signal handlers as mmap(2) and its kin.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ranges.h"

/* The arguments of mmap(2). */
struct mapping_args {
	uintptr_t addr;
	size_t len;
	int prot;
	int flags;
	int fd;
	int64_t offset;
};

/*
 * What mmap(2) does, for a descriptor of the daemon's: its file stays open until
 * mapping_unmapped() was told of all its pages.
 *
 * Blocks: until the daemon answers.
 *
 * Return: 0, or -errno as mmap(2) has it, or what the driver says
 */
int mapping_new(const struct mapping_args *args, uintptr_t *r_addr);

/* An edit of ranges.h is to be true: let go of the mappings that died in it.
 * Blocks: until the driver knows, and has released their files. */
void mapping_commit(struct ranges_edit *edit);

/* Whole pages. 0 if there is no such number. */
size_t mapping_round(size_t len);
