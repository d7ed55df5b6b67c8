/* SPDX-License-Identifier: MIT */
/*
 * evl-bench sleepers: waking a kernel thread which sleeps on a flag, a
 * semaphore, a wait queue, alone or as the most urgent of many, where there are
 * few of them and where there are thousands; and what each costs in memory.
 */
#include "bench.h"
#include "complain.h"
#include "control-query.h"

#include <errno.h>
#include <evl/evl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uapi/evl/devices/sleepers.h>

#define DEFAULT_COUNT 10000u
#define FEW	      10u
#define CHUNK	      100u /* added in one go */
#define NR_PLACES     4
#define OTHER_THREADS 100

enum figure_index {
	NR_SLEEPERS,
	SLEEPER_BYTES,
	NR_FIGURES,
};

static int run_flag(struct measure *measure, uint32_t *samples,
		    unsigned int nr);
static int run_sem(struct measure *measure, uint32_t *samples, unsigned int nr);
static int run_queue(struct measure *measure, uint32_t *samples,
		     unsigned int nr);
static int run_alone(struct measure *measure, uint32_t *samples,
		     unsigned int nr);

/* Those among few first, those among many in the same order. */
static struct measure measures[2 * NR_PLACES] = {
	{ .name = "flag_few", .run = run_flag },
	{ .name = "sem_few", .run = run_sem },
	{ .name = "queue_few", .run = run_queue },
	{ .name = "alone_few", .run = run_alone },
	{ .name = "flag_many", .run = run_flag },
	{ .name = "sem_many", .run = run_sem },
	{ .name = "queue_many", .run = run_queue },
	{ .name = "alone_many", .run = run_alone },
};

static struct figure figures[NR_FIGURES] = {
	[NR_SLEEPERS] = { .name = "sleepers", .unit = "threads" },
	[SLEEPER_BYTES] = { .name = "bytes/sleeper", .unit = "B" },
};

static int node_fd = -1;

static int wake(enum sleepers_place place, uint32_t *samples, unsigned int nr)
{
	const struct sleepers_request req = {
		.place = place,
		.nr_samples = nr,
		.samples_ptr = (uintptr_t)samples,
	};

	return oob_ioctl(node_fd, SLEEPERS_IOC_WAKE, &req) < 0 ? -errno : 0;
}

static int run_flag(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	(void)measure;

	return wake(SLEEPERS_FLAG, samples, nr);
}

static int run_sem(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	(void)measure;

	return wake(SLEEPERS_SEM, samples, nr);
}

static int run_queue(struct measure *measure, uint32_t *samples,
		     unsigned int nr)
{
	(void)measure;

	return wake(SLEEPERS_QUEUE, samples, nr);
}

static int run_alone(struct measure *measure, uint32_t *samples,
		     unsigned int nr)
{
	(void)measure;

	return wake(SLEEPERS_ALONE, samples, nr);
}

static int fail(int error)
{
	if (bench_signal)
		return BENCH_EXIT_SIGNAL + bench_signal;
	if (error == EAGAIN)
		complain("sleepers: there are as many "
			 "threads as evl-cused allows: see "
			 "--max-threads of evl-cused(8), or say "
			 "--count");
	else
		complain("sleepers: %s", strerrordesc_np(error));

	return TOOL_EXIT_FAILURE;
}

/* So that there are @nr. */
static int add_up_to(unsigned int nr, struct growth *growth)
{
	unsigned int there = 0, more;
	uint64_t start = bench_now();
	int ret;

	while (there < nr && !bench_signal) {
		show_progress("sleeper", there, nr, start);
		more = nr - there < CHUNK ? nr - there : CHUNK;
		/* To have seen them at the half. */
		if (growth && there < growth->half &&
		    there + more > growth->half)
			more = growth->half - there;
		ret = ioctl(node_fd, SLEEPERS_IOC_ADD, (unsigned long)more);
		if (ret < 0)
			return fail(errno);
		there = (unsigned int)ret;
		if (growth)
			growth_look(growth, there);
	}
	show_progress("sleeper", nr, nr, start);

	return bench_signal ? fail(EINTR) : 0;
}

static int remove_all(void)
{
	return ioctl(node_fd, SLEEPERS_IOC_REMOVE) ? fail(errno) : 0;
}

static int add_many(const struct bench_run *run)
{
	unsigned int nr = run->options.count;
	struct growth growth;
	int ret;

	growth_begin(&growth, run, nr);
	ret = add_up_to(nr, &growth);
	if (ret)
		return ret;

	/* Later there is memory of those who left. */
	if (!figures[NR_SLEEPERS].known)
		growth_end(&growth, nr, &figures[SLEEPER_BYTES]);
	figures[NR_SLEEPERS].value = nr;
	figures[NR_SLEEPERS].known = true;

	return 0;
}

static int run_four(struct measure *first, unsigned int nr)
{
	struct measure *wanted[NR_PLACES];

	for (int i = 0; i < NR_PLACES; i++)
		wanted[i] = &first[i];

	return rounds_run(wanted, NR_PLACES, nr);
}

static int run_cycle(const struct bench_run *run, unsigned int nr)
{
	int ret;

	ret = add_up_to(FEW, NULL);
	if (ret == 0)
		ret = run_four(&measures[0], nr);
	if (ret == 0)
		ret = remove_all();
	if (ret == 0)
		ret = add_many(run);
	if (ret == 0)
		ret = run_four(&measures[NR_PLACES], nr);
	if (ret == 0)
		ret = remove_all();

	return ret;
}

static int run_cycles(const struct bench_run *run)
{
	int ret = 0;

	for (unsigned int n = 0; n < BENCH_CYCLES && ret == 0; n++)
		ret = run_cycle(run, cycle_share(run->options.nr_samples, n));

	return ret;
}

static void report(const struct bench_run *run)
{
	static const char *const names[NR_PLACES] = {
		"flag_many/flag_few",
		"sem_many/sem_few",
		"queue_many/queue_few",
		"alone_many/alone_few",
	};
	struct ratio ratios[NR_PLACES];
	const struct report report = {
		.title = "waking one of many",
		.measures = measures,
		.nr_measures = sizeof(measures) / sizeof(measures[0]),
		.ratios = ratios,
		.nr_ratios = NR_PLACES,
		.figures = figures,
		.nr_figures = NR_FIGURES,
	};

	for (int i = 0; i < NR_PLACES; i++)
		ratios[i] = (struct ratio){ names[i], &measures[NR_PLACES + i],
					    &measures[i] };
	for (size_t i = 0; i < report.nr_measures; i++)
		measure_sum_up(&measures[i], run->clock_ns);
	bench_report(run, &report);
}

int bench_sleepers(const struct bench_options *options)
{
	struct bench_run run;
	int ret = 0;

	run_init(&run, options);
	if (run.options.count == 0)
		run.options.count = DEFAULT_COUNT;
	run.options.max_threads = run.options.count + OTHER_THREADS;
	for (size_t i = 0; i < 2 * NR_PLACES && ret == 0; i++)
		ret = measure_begin(&measures[i], options->nr_samples);
	if (ret == 0)
		ret = run_measured(&run, &node_fd, run_cycles);
	if (ret == 0)
		report(&run);
	for (size_t i = 0; i < 2 * NR_PLACES; i++)
		measure_end(&measures[i]);

	return run_status(ret);
}
