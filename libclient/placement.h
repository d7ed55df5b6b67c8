/* SPDX-License-Identifier: MIT */
/*
 * Where an attached thread runs: on one CPU, so that the EVL threads there keep
 * strict priority order among themselves; not on a worker's, which would have
 * to be preempted to serve it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLACEMENT_CPUS	8192u
#define PLACEMENT_WORDS (PLACEMENT_CPUS / (8 * sizeof(unsigned long)))

/* Laid out as the kernel wants it. */
struct placement_mask {
	unsigned long words[PLACEMENT_WORDS];
};

bool placement_has(const struct placement_mask *mask, int cpu);

/*
 * The CPU for a thread which runs on @cpu and may run on @allowed: itself, or
 * the nearest one which is not in @workers (@nr_words of 64 CPUs), the lower of
 * two; itself if all are.
 */
int placement_choose(int cpu, const struct placement_mask *allowed,
		     const uint64_t *workers, unsigned int nr_words);

/* True: the thread and a worker pinned to @worker_cpu (-1: not pinned) have
 * one CPU between them. */
bool placement_alone(const struct placement_mask *allowed, int worker_cpu);

/* Pin the calling thread. */
void placement_apply(int cpu);

/* Where the calling thread may run. */
void placement_allowed(struct placement_mask *mask);
