/* SPDX-License-Identifier: MIT */
/*
 * Tuning the clock's gravity for a context: in each step as much is added as the
 * least late sample was late, or taken off as the earliest one was early. What
 * most steps agree upon, the median, is kept.
 */
#include "runner.h"

#include <linux/atomic.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sort.h>

#define NR_WARM_UP_STEPS 5
#define NR_STEPS	 15
#define MIN_SAMPLES	 20

static unsigned int step_ms = 300;
module_param(step_ms, uint, 0444);
MODULE_PARM_DESC(step_ms, "milliseconds a step of a tuning takes, of 20");

static void set_gravity(const struct runner *runner, ktime_t value)
{
	struct evl_clock_gravity gravity = evl_mono_clock.gravity;

	*context_gravity(runner, &gravity) = value;
	evl_set_clock_gravity(&evl_mono_clock, &gravity);
}

/* A run with @value. 0, or why it was cut short. */
static int try_gravity(struct runner *runner, ktime_t value)
{
	u64 nr = (u64)step_ms * NSEC_PER_MSEC / (u64)runner->period;
	int ret;

	set_gravity(runner, value);
	context_start(runner, 0, (u32)clamp_t(u64, nr, MIN_SAMPLES, INT_MAX));
	ret = evl_wait_flag(&runner->done);
	context_stop(runner);

	return ret ? ret : runner->status;
}

static void tell(const struct runner *runner, int step, ktime_t value)
{
	const struct tally *tally = &runner->tally;

	if (runner->verbosity > 1)
		printk(KERN_INFO "latmus: step %d: gravity %lld, latency min "
				 "%d avg %lld max %d ns\n",
		       step, (long long)value, tally->min,
		       (long long)(tally->sum / tally->nr_samples), tally->max);
}

/* A period is not to begin before the last one does. */
static ktime_t limit(const struct runner *runner, ktime_t value)
{
	return clamp_t(ktime_t, value, 0, runner->period / 2);
}

static int run_steps(struct runner *runner, ktime_t results[NR_STEPS])
{
	ktime_t value = 0;
	int ret;

	for (int step = -NR_WARM_UP_STEPS; step < NR_STEPS; step++) {
		ret = try_gravity(runner, value);
		if (ret)
			return ret;
		tell(runner, step, value);
		value = limit(runner, value + runner->tally.min);
		if (step >= 0)
			results[step] = value;
	}

	return 0;
}

static int compare(const void *left, const void *right)
{
	ktime_t a = *(const ktime_t *)left, b = *(const ktime_t *)right;

	return a < b ? -1 : a > b;
}

static int tune(struct runner *runner, s32 *r_gravity)
{
	struct evl_clock_gravity before = evl_mono_clock.gravity;
	ktime_t results[NR_STEPS];
	int ret;

	ret = run_steps(runner, results);
	if (ret) {
		set_gravity(runner, *context_gravity(runner, &before));
		return ret;
	}

	sort(results, NR_STEPS, sizeof(results[0]), compare, NULL);
	set_gravity(runner, results[NR_STEPS / 2]);
	*r_gravity = (s32)results[NR_STEPS / 2];

	return 0;
}

int runner_tune(struct runner *runner, s32 *r_gravity)
{
	static atomic_t busy = ATOMIC_INIT(0);
	int ret;

	/* Two would disturb each other. */
	if (atomic_cmpxchg(&busy, 0, 1))
		return -EBUSY;
	ret = tune(runner, r_gravity);
	atomic_set(&busy, 0);

	return ret;
}
