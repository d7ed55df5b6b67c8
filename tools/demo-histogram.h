/* SPDX-License-Identifier: MIT */
/*
 * How often which delay occurred: exact enough for a percentile (1.6 %), in
 * fixed memory, whatever the delay. Delays are in nanoseconds.
 */
#pragma once

#include <stdint.h>

#define HISTOGRAM_SUB_BITS 6 /* 64 steps from one power of two to the next */
#define HISTOGRAM_SIZE	   ((64 - HISTOGRAM_SUB_BITS + 1) << HISTOGRAM_SUB_BITS)

struct histogram {
	uint64_t nr;
	uint64_t sum, min, max;
	uint64_t counts[HISTOGRAM_SIZE];
};

void histogram_init(struct histogram *hist);
void histogram_add(struct histogram *hist, uint64_t value);
/* The value which @permille of all do not exceed. */
uint64_t histogram_quantile(const struct histogram *hist,
			    unsigned int permille);
/* How many are at least @from and below @to. */
uint64_t histogram_count(const struct histogram *hist, uint64_t from,
			 uint64_t to);
