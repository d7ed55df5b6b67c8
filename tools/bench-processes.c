/* SPDX-License-Identifier: MIT */
/*
 * evl-bench processes: what many other clients, with a bound descriptor each
 * and nothing to ask, do to the out-of-band calls of one, and to the daemon's
 * memory.
 */
#include "bench.h"
#include "control-query.h"

#include <stdio.h>

#define DEFAULT_COUNT 1000u

enum measure_index {
	OOB_ALONE,
	OOB_AMONG,
	NR_MEASURES,
};

enum figure_index {
	NR_PROCESSES,
	PROCESS_BYTES,
	NR_FIGURES,
};

static struct measure measures[NR_MEASURES];

static struct figure figures[NR_FIGURES] = {
	[NR_PROCESSES] = { .name = "others", .unit = "processes" },
	[PROCESS_BYTES] = { .name = "bytes/other", .unit = "B" },
};

static int gather(const struct bench_run *run)
{
	struct growth growth;
	unsigned int nr;
	int ret;

	growth_begin(&growth, run, run->options.count);
	ret = crowd_gather(run, &growth, &nr);
	if (ret)
		return ret;

	/* Later there is memory of those who left. */
	if (!figures[NR_PROCESSES].known)
		growth_end(&growth, nr, &figures[PROCESS_BYTES]);
	figures[NR_PROCESSES].value = nr;
	figures[NR_PROCESSES].known = true;

	return 0;
}

static int run_cycle(const struct bench_run *run, unsigned int nr)
{
	struct measure *alone = &measures[OOB_ALONE];
	struct measure *among = &measures[OOB_AMONG];
	int ret;

	ret = rounds_run(&alone, 1, nr);
	if (ret == 0)
		ret = gather(run);
	if (ret == 0)
		ret = rounds_run(&among, 1, nr);
	if (ret == 0)
		ret = crowd_dismiss(run);

	return ret;
}

static int run_cycles(const struct bench_run *run)
{
	int ret = 0;

	for (unsigned int n = 0; n < BENCH_CYCLES && ret == 0; n++)
		ret = run_cycle(run, cycle_share(run->options.nr_samples, n));

	return ret;
}

static int begin_measures(unsigned int nr_samples)
{
	int ret = 0;

	for (int i = 0; i < NR_MEASURES && ret == 0; i++) {
		measures[i] = measure_oob_ioctl;
		ret = measure_begin(&measures[i], nr_samples);
	}
	measures[OOB_ALONE].name = "oob_alone";
	measures[OOB_AMONG].name = "oob_among";

	return ret;
}

static int measure_all(struct bench_run *run)
{
	int ret;

	ret = run_open(run);
	if (ret == 0)
		ret = channel_open(run);
	if (ret == 0)
		ret = run_cycles(run);
	if (ret == 0)
		run_note_sleep(run);
	channel_close();
	run_close(run);

	return ret;
}

static void report(const struct bench_run *run)
{
	const struct ratio ratio = { "oob_among/oob_alone",
				     &measures[OOB_AMONG],
				     &measures[OOB_ALONE] };
	const struct report report = {
		.title = "round trips among processes",
		.measures = measures,
		.nr_measures = NR_MEASURES,
		.ratios = &ratio,
		.nr_ratios = 1,
		.figures = figures,
		.nr_figures = NR_FIGURES,
	};

	for (int i = 0; i < NR_MEASURES; i++)
		measure_sum_up(&measures[i], run->clock_ns);
	bench_report(run, &report);
}

int bench_processes(const struct bench_options *options)
{
	struct bench_run run;
	int ret;

	run_init(&run, options);
	if (run.options.count == 0)
		run.options.count = DEFAULT_COUNT;
	/* Before there is anything of a client about us, and much to copy. */
	ret = crowd_prepare();
	if (ret == 0)
		ret = begin_measures(options->nr_samples);
	if (ret == 0)
		ret = measure_all(&run);
	crowd_end();
	if (ret == 0)
		report(&run);
	for (int i = 0; i < NR_MEASURES; i++)
		measure_end(&measures[i]);

	return run_status(ret);
}
