/* SPDX-License-Identifier: MIT */
#include "bench.h"

#include <stdlib.h>

#define NR_PROBES 1001

int time_each(int (*op)(void *arg), void *arg, uint32_t *samples,
	      unsigned int nr)
{
	uint64_t start, took;
	int ret;

	for (unsigned int i = 0; i < nr; i++) {
		start = bench_now();
		ret = op(arg);
		took = bench_now() - start;
		if (ret)
			return ret;
		samples[i] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	}

	return 0;
}

static int compare(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return a < b ? -1 : a > b;
}

static int nothing(void *arg)
{
	return arg != NULL;
}

uint32_t clock_cost(void)
{
	uint32_t samples[NR_PROBES];
	struct stats stats;

	time_each(nothing, NULL, samples, NR_PROBES); /* to warm up */
	time_each(nothing, NULL, samples, NR_PROBES);
	stats_of(&stats, samples, NR_PROBES, 0);

	return stats.p50;
}

/* The smallest sample which @permille of them do not exceed. */
static uint32_t quantile(const uint32_t *sorted, unsigned int nr,
			 unsigned int permille)
{
	uint64_t rank = ((uint64_t)nr * permille + 999) / 1000;

	return sorted[rank ? rank - 1 : 0];
}

void stats_of(struct stats *stats, uint32_t *samples, unsigned int nr,
	      uint32_t cost)
{
	for (unsigned int i = 0; i < nr; i++)
		samples[i] -= samples[i] < cost ? samples[i] : cost;
	qsort(samples, nr, sizeof(*samples), compare);

	stats->p50 = quantile(samples, nr, 500);
	stats->p99 = quantile(samples, nr, 990);
	stats->p999 = quantile(samples, nr, 999);
	stats->max = samples[nr - 1];
}
