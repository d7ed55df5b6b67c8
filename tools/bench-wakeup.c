/* SPDX-License-Identifier: MIT */
/*
 * evl-bench wakeup: how late who sleeps until a date comes to run. A thread of
 * our own with the daemon's worker's CPU and priority, a timer's function and a
 * kernel thread on that worker take turns, with one period.
 */
#include "bench.h"

#include <errno.h>
#include <evl/evl.h>
#include <pthread.h>
#include <sched.h>
#include <uapi/evl/devices/wakeup.h>

#define PERIOD_NS UINT64_C(1000000)

enum measure_index {
	BARE_THREAD,
	TIMER_HANDLER,
	KTHREAD,
	NR_MEASURES,
};

/* A turn of our own thread. */
struct bare_turn {
	const struct bench_place *place;
	uint32_t *samples;
	unsigned int nr;
	int ret;
};

static const struct bench_place *the_place; /* borrowed */
static int node_fd = -1;

static uint32_t lateness(uint64_t date, uint64_t now)
{
	uint64_t late = now > date ? now - date : 0;

	return late < UINT32_MAX ? (uint32_t)late : UINT32_MAX;
}

static void sleep_until(uint64_t date)
{
	const struct timespec until = {
		.tv_sec = (time_t)(date / 1000000000u),
		.tv_nsec = (long)(date % 1000000000u),
	};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL))
		;
}

/* As the driver does it. */
static void take_samples(struct bare_turn *turn)
{
	uint64_t date = bench_now(), now = date;

	for (unsigned int i = 0; i < turn->nr; i++) {
		do
			date += PERIOD_NS;
		while (date <= now);
		sleep_until(date);
		now = bench_now();
		turn->samples[i] = lateness(date, now);
	}
}

static void *run_thread(void *arg)
{
	struct bare_turn *turn = arg;

	turn->ret = place_like_worker(turn->place);
	if (turn->ret == 0)
		take_samples(turn);

	return NULL;
}

static int run_bare(struct measure *measure, uint32_t *samples, unsigned int nr)
{
	struct bare_turn turn = {
		.place = the_place,
		.samples = samples,
		.nr = nr,
	};
	pthread_t thread;
	int ret;

	(void)measure;
	ret = pthread_create(&thread, NULL, run_thread, &turn);
	if (ret)
		return -ret;
	pthread_join(thread, NULL);

	return turn.ret;
}

static int ask_driver(enum wakeup_who who, uint32_t *samples, unsigned int nr)
{
	const struct wakeup_request req = {
		.who = who,
		.nr_samples = nr,
		.period = PERIOD_NS,
		.samples_ptr = (uintptr_t)samples,
	};

	return oob_ioctl(node_fd, WAKEUP_IOC_MEASURE, &req) < 0 ? -errno : 0;
}

static int run_handler(struct measure *measure, uint32_t *samples,
		       unsigned int nr)
{
	(void)measure;

	return ask_driver(WAKEUP_HANDLER, samples, nr);
}

static int run_kthread(struct measure *measure, uint32_t *samples,
		       unsigned int nr)
{
	(void)measure;

	return ask_driver(WAKEUP_KTHREAD, samples, nr);
}

/* Turns are short: the machine is not as noisy in one second as in the next. */
#define MEASURE(how, what)                           \
	{                                            \
		.name = what, .run = how, .turn = 50 \
	}

static struct measure measures[NR_MEASURES] = {
	[BARE_THREAD] = MEASURE(run_bare, "bare_thread"),
	[TIMER_HANDLER] = MEASURE(run_handler, "timer_handler"),
	[KTHREAD] = MEASURE(run_kthread, "kthread"),
};

static int run_rounds(const struct bench_run *run)
{
	struct measure *wanted[NR_MEASURES];

	the_place = &run->place;
	for (int i = 0; i < NR_MEASURES; i++)
		wanted[i] = &measures[i];

	return rounds_run(wanted, NR_MEASURES, run->options.nr_samples);
}

static void report(const struct bench_run *run)
{
	const struct ratio ratios[] = {
		{ .name = "timer_handler/bare_thread",
		  .over = &measures[TIMER_HANDLER],
		  .under = &measures[BARE_THREAD] },
		{ .name = "kthread/bare_thread",
		  .over = &measures[KTHREAD],
		  .under = &measures[BARE_THREAD] },
	};
	const struct report report = {
		.title = "lateness",
		.measures = measures,
		.nr_measures = NR_MEASURES,
		.ratios = ratios,
		.nr_ratios = sizeof(ratios) / sizeof(ratios[0]),
		.of_p99 = true,
		.histogram = true,
	};

	for (int i = 0; i < NR_MEASURES; i++)
		measure_sum_up(&measures[i], 0);
	bench_report(run, &report);
}

int bench_wakeup(const struct bench_options *options)
{
	struct bench_run run;
	int ret = 0;

	run_init(&run, options);
	/* A date has no beginning at which the clock is read, too. */
	run.clock_ns = 0;
	for (int i = 0; i < NR_MEASURES && ret == 0; i++)
		ret = measure_begin(&measures[i], options->nr_samples);
	if (ret == 0)
		ret = run_measured(&run, &node_fd, run_rounds);
	if (ret == 0)
		report(&run);
	for (int i = 0; i < NR_MEASURES; i++)
		measure_end(&measures[i]);

	return run_status(ret);
}
