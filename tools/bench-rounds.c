/* SPDX-License-Identifier: MIT */
/*
 * Measures which take turns: what disturbs the machine disturbs all of them
 * alike. Each turn begins with some samples which are thrown away.
 */
#include "bench.h"
#include "complain.h"
#include "control-query.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TURN_SAMPLES	  500u
#define WARM_UP		  64u /* of such a turn; of a shorter one a fifth */
#define PROGRESS_AFTER_NS UINT64_C(2000000000)
#define PROGRESS_EVERY_NS UINT64_C(200000000)

int measure_complain(const struct measure *measure, int ret)
{
	if (bench_signal)
		return BENCH_EXIT_SIGNAL + bench_signal;

	if (ret == -ETIMEDOUT && measure->peer)
		complain(
			"%s: the partner, on the worker's CPU, does "
			"not get to run: start evl-cused without --spin=always "
			"or with a lower --oob-priority",
			measure->name);
	else
		complain("%s: %s", measure->name, strerrordesc_np(-ret));

	return TOOL_EXIT_FAILURE;
}

int measure_begin(struct measure *measure, unsigned int nr)
{
	int ret = 0;

	measure->samples = calloc(nr, sizeof(*measure->samples));
	if (measure->samples == NULL)
		ret = -ENOMEM;
	else if (measure->setup)
		ret = measure->setup(measure);

	return ret ? measure_complain(measure, ret) : 0;
}

void measure_end(struct measure *measure)
{
	if (measure->cleanup)
		measure->cleanup(measure);
	free(measure->samples);
	measure->samples = NULL;
}

void measure_sum_up(struct measure *measure, uint32_t cost)
{
	if (measure->nr_samples)
		stats_of(&measure->stats, measure->samples, measure->nr_samples,
			 cost);
}

void show_progress(const char *what, unsigned int done, unsigned int total,
		   uint64_t start)
{
	static uint64_t shown; /* when; 0: nothing is */
	uint64_t now = bench_now();

	if (done == total) {
		if (shown)
			fputs("\r\033[K", stderr);
		shown = 0;
		return;
	}
	/* Not for each of many: what is measured is to be undisturbed. */
	if (now - start < PROGRESS_AFTER_NS ||
	    now - shown < PROGRESS_EVERY_NS || !isatty(STDERR_FILENO))
		return;

	fprintf(stderr, "\r\033[K%s %u of %u", what, done + 1, total);
	shown = now;
}

static int take_turn(struct measure *measure, unsigned int nr)
{
	unsigned int warm_up = measure->turn ? measure->turn / 5 : WARM_UP;
	uint32_t scratch[WARM_UP];
	int ret;

	ret = measure->run(measure, scratch,
			   warm_up < WARM_UP ? warm_up : WARM_UP);
	if (ret == 0)
		ret = measure->run(measure,
				   measure->samples + measure->nr_samples, nr);
	if (ret)
		return measure_complain(measure, ret);
	measure->nr_samples += nr;

	return 0;
}

void measure_add(struct measure *measure, uint64_t start)
{
	uint64_t took = bench_now() - start;

	measure->samples[measure->nr_samples++] =
		took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
}

static unsigned int turn_samples(const struct measure *measure)
{
	return measure->turn ? measure->turn : TURN_SAMPLES;
}

unsigned int rounds_count(const struct measure *measure,
			  unsigned int nr_samples)
{
	unsigned int turn = turn_samples(measure);

	return (nr_samples + turn - 1) / turn;
}

int rounds_run(struct measure *const *measures, unsigned int nr_measures,
	       unsigned int nr_samples)
{
	unsigned int nr_rounds = rounds_count(measures[0], nr_samples);
	unsigned int turn = turn_samples(measures[0]), done = 0, nr;
	uint64_t start = bench_now();
	int ret = 0;

	for (unsigned int round = 0; round < nr_rounds && ret == 0; round++) {
		show_progress("round", round, nr_rounds, start);
		nr = nr_samples - done < turn ? nr_samples - done : turn;
		for (unsigned int i = 0; i < nr_measures && ret == 0; i++)
			ret = take_turn(measures[i], nr);
		if (ret == 0 && bench_signal)
			ret = BENCH_EXIT_SIGNAL + bench_signal;
		done += nr;
	}
	show_progress("round", nr_rounds, nr_rounds, start);

	return ret;
}
