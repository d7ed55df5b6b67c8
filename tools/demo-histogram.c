/* SPDX-License-Identifier: MIT */
#include "demo-histogram.h"

#include <string.h>

#define SUB_SIZE (1u << HISTOGRAM_SUB_BITS)

void histogram_init(struct histogram *hist)
{
	memset(hist, 0, sizeof(*hist));
	hist->min = UINT64_MAX;
}

/* Small values have a place each, the others share one with their like. */
static unsigned int index_of(uint64_t value)
{
	unsigned int shift;

	if (value < SUB_SIZE)
		return (unsigned int)value;

	shift = 63 - (unsigned int)__builtin_clzll(value) - HISTOGRAM_SUB_BITS;

	return (shift << HISTOGRAM_SUB_BITS) + (unsigned int)(value >> shift);
}

/* The smallest value in place @index. */
static uint64_t value_at(unsigned int index)
{
	unsigned int shift = index >> HISTOGRAM_SUB_BITS;

	if (index < 2 * SUB_SIZE)
		return index;
	shift--;

	return (uint64_t)(index - (shift << HISTOGRAM_SUB_BITS)) << shift;
}

void histogram_add(struct histogram *hist, uint64_t value)
{
	hist->nr++;
	hist->sum += value;
	if (value < hist->min)
		hist->min = value;
	if (value > hist->max)
		hist->max = value;
	hist->counts[index_of(value)]++;
}

uint64_t histogram_quantile(const struct histogram *hist, unsigned int permille)
{
	uint64_t rank = (hist->nr * permille + 999) / 1000, seen = 0, upper;

	for (unsigned int i = 0; i < HISTOGRAM_SIZE; i++) {
		seen += hist->counts[i];
		if (seen && seen >= rank) {
			upper = value_at(i + 1) - 1;
			return upper < hist->max ? upper : hist->max;
		}
	}

	return 0;
}

uint64_t histogram_count(const struct histogram *hist, uint64_t from,
			 uint64_t to)
{
	unsigned int end = index_of(to);
	uint64_t count = 0;

	for (unsigned int i = index_of(from); i < end; i++)
		count += hist->counts[i];

	return count;
}
