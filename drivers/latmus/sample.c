/* SPDX-License-Identifier: MIT */
/*
 * The samples of a run. They come from functions of timers, from threads and
 * from in-band, so all is done under the runner's lock, and each names its run:
 * one which comes too late is of none.
 */
#include "runner.h"

#include <linux/fcntl.h>
#include <linux/minmax.h>
#include <trace/events/evl.h>

#define NS_PER_CELL 1000

void tally_reset(struct tally *tally)
{
	*tally = (struct tally){ .min = INT_MAX, .max = INT_MIN };
}

void tally_report(const struct tally *tally, struct latmus_measurement *report)
{
	*report = (struct latmus_measurement){
		.sum_lat = tally->sum,
		.min_lat = tally->nr_samples ? tally->min : 0,
		.max_lat = tally->nr_samples ? tally->max : 0,
		.overruns = tally->nr_overruns,
		.samples = tally->nr_samples,
	};
}

void run_begin(struct runner *runner, u32 nr_to_skip, u32 nr_wanted)
{
	unsigned long flags;

	evl_clear_flag(&runner->done);
	evl_spin_lock_irqsave(&runner->lock, flags);
	runner->run++;
	runner->running = true;
	runner->status = 0;
	runner->begun = evl_ktime_monotonic();
	runner->next = runner->begun + runner->period;
	runner->nr_shots = 0;
	runner->nr_to_skip = nr_to_skip;
	runner->nr_wanted = nr_wanted;
	tally_reset(&runner->tally);
	evl_spin_unlock_irqrestore(&runner->lock, flags);
}

void run_end(struct runner *runner, unsigned int run, int status)
{
	unsigned long flags;

	evl_spin_lock_irqsave(&runner->lock, flags);
	if (runner->running && runner->run == run) {
		runner->running = false;
		runner->status = status;
		evl_raise_flag(&runner->done);
	}
	evl_spin_unlock_irqrestore(&runner->lock, flags);
}

void run_shoot(struct runner *runner, ktime_t next)
{
	unsigned long flags;

	evl_spin_lock_irqsave(&runner->lock, flags);
	/* If not, it was just stopped. */
	if (next > runner->next) {
		runner->shot = runner->next;
		runner->nr_shots +=
			(u32)((next - runner->next) / runner->period);
		runner->next = next;
	}
	evl_spin_unlock_irqrestore(&runner->lock, flags);
}

bool run_answer(struct runner *runner, ktime_t *r_date, u32 *r_missed)
{
	unsigned long flags;
	bool any;

	evl_spin_lock_irqsave(&runner->lock, flags);
	any = runner->nr_shots > 0;
	if (any) {
		*r_date = runner->shot;
		*r_missed = runner->nr_shots - 1;
		runner->nr_shots = 0;
	}
	evl_spin_unlock_irqrestore(&runner->lock, flags);

	return any;
}

ktime_t run_join(struct runner *runner, unsigned int *r_run)
{
	unsigned long flags;
	ktime_t date;

	evl_spin_lock_irqsave(&runner->lock, flags);
	*r_run = runner->run;
	date = runner->next;
	evl_spin_unlock_irqrestore(&runner->lock, flags);

	return date;
}

/* Locked. */
static void count(struct runner *runner, s32 latency, u32 nr_missed)
{
	struct tally *tally = &runner->tally;
	u32 cell;

	tally->sum += latency;
	tally->min = min(tally->min, latency);
	tally->max = max(tally->max, latency);
	tally->nr_samples++;
	tally->nr_overruns += nr_missed;

	if (runner->histogram) {
		cell = (u32)abs(latency) / NS_PER_CELL;
		runner->histogram[min(cell, runner->nr_cells - 1)]++;
	}
}

/* Locked. As many as are wanted were counted. */
static void pass_on(struct runner *runner)
{
	struct latmus_measurement report;

	if (runner->tunes) {
		runner->running = false;
		evl_raise_flag(&runner->done);
		return;
	}

	tally_report(&runner->tally, &report);
	tally_reset(&runner->tally);
	/* Who does not read them in time does without. */
	evl_write_xbuf(runner->xbuf, &report, sizeof(report), O_NONBLOCK);
}

/* Locked. */
static void take_sample(struct runner *runner, s32 latency, u32 nr_missed)
{
	if (runner->nr_to_skip) {
		runner->nr_to_skip--;
		return;
	}

	count(runner, latency, nr_missed);
	if (runner->tally.nr_samples >= runner->nr_wanted)
		pass_on(runner);
}

bool run_sample(struct runner *runner, unsigned int run, ktime_t date,
		ktime_t when, u32 nr_missed)
{
	s32 latency = (s32)clamp_t(ktime_t, when - date, -INT_MAX, INT_MAX);
	unsigned long flags;
	bool goes_on;

	evl_spin_lock_irqsave(&runner->lock, flags);
	if (runner->running && runner->run == run && date > runner->begun)
		take_sample(runner, latency, nr_missed);
	goes_on = runner->running && runner->run == run;
	evl_spin_unlock_irqrestore(&runner->lock, flags);

	return goes_on;
}
