/* SPDX-License-Identifier: MIT */
/* For tests of mmap: a daemon with the driver of drivers/mapped.c. */
#pragma once

#include "drivers/mapped.h"

#include <stdint.h>
#include <sys/types.h>

/* Checked fixture, with endure_teardown(): that daemon, watched. */
void mapper_setup(void);

#define MAPPER_SIZE (MAPPED_PAGES * MAPPED_PAGE)

/* Where region @region begins. */
static inline off_t mapper_offset(unsigned int region)
{
	return (off_t)(region * MAPPED_STRIDE * MAPPED_PAGE);
}

/* open(2) of the device. */
int mapper_open(int flags);
/* All of a region, or a MAP_FAILED with errno. */
void *mapper_map(int fd, unsigned int region, int prot, int flags);

/* Out-of-band, in the driver: what is at @offset of a region, and change it.
 * The calling thread is attached. */
uint64_t mapper_peek(int fd, unsigned int region, size_t offset);
void mapper_poke(int fd, unsigned int region, size_t offset, uint64_t value);

/* In-band. */
struct mapped_stats mapper_stats(int fd);
