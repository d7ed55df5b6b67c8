/* SPDX-License-Identifier: MIT */
/*
 * Who is measured. A periodic timer's function takes the sample itself, or
 * passes the shot on: to an application's thread in EVL_LATIOC_PULSE, or to a
 * function in-band. A kernel thread has a period of its own, no timer.
 */
#include "runner.h"

#include <evl/init.h>
#include <linux/sched.h>

/* Whoever waits for the run's end stops the timer. */
static void take_answer(struct runner *runner)
{
	ktime_t when = evl_ktime_monotonic(), date;
	u32 nr_missed;

	if (run_answer(runner, &date, &nr_missed))
		run_sample(runner, READ_ONCE(runner->run), date, when,
			   nr_missed);
}

static void handle_irq(struct evl_timer *timer)
{
	struct runner *runner = container_of(timer, struct runner, timer);

	run_shoot(runner, evl_get_timer_date(timer));
	take_answer(runner);
}

static void handle_pulse(struct evl_timer *timer)
{
	struct runner *runner = container_of(timer, struct runner, timer);

	run_shoot(runner, evl_get_timer_date(timer));
	evl_raise_flag(&runner->pulse);
}

static void handle_inband(struct irq_work *work)
{
	take_answer(container_of(work, struct runner, irq_work));
}

static void handle_sirq(struct evl_timer *timer)
{
	struct runner *runner = container_of(timer, struct runner, timer);

	run_shoot(runner, evl_get_timer_date(timer));
	irq_work_queue(&runner->irq_work);
}

/* One run. 0, or why it ends too early. */
static int run_periods(struct runner *runner, unsigned int *r_run)
{
	unsigned long nr_missed;
	ktime_t date, when;
	bool goes_on;
	int ret;

	date = run_join(runner, r_run);
	ret = evl_set_period(&evl_mono_clock, date, runner->period);
	if (ret)
		return ret;

	do {
		nr_missed = 0;
		ret = evl_wait_period(&nr_missed);
		when = evl_ktime_monotonic();
		if (ret && ret != -ETIMEDOUT)
			return ret;
		goes_on =
			run_sample(runner, *r_run, date, when, (u32)nr_missed);
		date += (ktime_t)(nr_missed + 1) * runner->period;
	} while (goes_on);

	return evl_set_period(NULL, 0, 0);
}

static void run_thread(void *arg)
{
	struct runner *runner = arg;
	unsigned int run;
	int ret;

	while (evl_wait_flag(&runner->begin) == 0) {
		ret = run_periods(runner, &run);
		if (ret)
			run_end(runner, run, ret);
	}
}

/* On the worker of that CPU; where there is none, on another. */
static int start_thread(struct runner *runner, const struct latmus_setup *setup)
{
	if (evl_cpu_rq((int)setup->cpu))
		return evl_run_kthread_on_cpu(
			&runner->kthread, (int)setup->cpu, run_thread, runner,
			setup->priority, EVL_CLONE_PUBLIC, "latmus-klat:%d",
			task_pid_nr(current));

	return evl_run_kthread(&runner->kthread, run_thread, runner,
			       setup->priority, EVL_CLONE_PUBLIC,
			       "latmus-klat:%d", task_pid_nr(current));
}

static int init_timer(struct runner *runner, u32 cpu)
{
	static void (*const handlers[])(struct evl_timer * timer) = {
		[EVL_LAT_IRQ] = handle_irq,
		[EVL_LAT_USER] = handle_pulse,
		[EVL_LAT_SIRQ] = handle_sirq,
	};

	evl_init_timer_on_cpu(&runner->timer, (int)cpu, handlers[runner->type]);
	if (runner->type == EVL_LAT_USER)
		evl_set_timer_gravity(&runner->timer, EVL_TIMER_UGRAVITY);

	return 0;
}

int context_init(struct runner *runner, const struct latmus_setup *setup)
{
	evl_spin_lock_init(&runner->lock);
	evl_init_flag(&runner->done);
	evl_init_flag(&runner->begin);
	evl_init_flag(&runner->pulse);
	init_irq_work(&runner->irq_work, handle_inband);

	return runner->type == EVL_LAT_KERN ? start_thread(runner, setup)
					    : init_timer(runner, setup->cpu);
}

void context_exit(struct runner *runner)
{
	if (runner->type == EVL_LAT_KERN)
		evl_stop_kthread(&runner->kthread);
	else
		evl_destroy_timer(&runner->timer);
	irq_work_sync(&runner->irq_work);
}

void context_start(struct runner *runner, u32 nr_to_skip, u32 nr_wanted)
{
	run_begin(runner, nr_to_skip, nr_wanted);
	if (runner->type == EVL_LAT_KERN)
		evl_raise_flag(&runner->begin);
	else
		evl_start_timer(&runner->timer, runner->next, runner->period);
}

void context_stop(struct runner *runner)
{
	if (runner->type != EVL_LAT_KERN)
		evl_stop_timer(&runner->timer);
	evl_clear_flag(&runner->begin);
	run_end(runner, runner->run, 0);
}

int context_pulse(struct runner *runner, ktime_t when)
{
	int ret;

	if (when && !run_sample(runner, READ_ONCE(runner->run),
				READ_ONCE(runner->woken_for), when,
				READ_ONCE(runner->nr_missed)))
		return -EPIPE;

	/* One which was raised while we were on our way here may be answered. */
	do
		ret = evl_wait_flag(&runner->pulse);
	while (ret == 0 &&
	       !run_answer(runner, &runner->woken_for, &runner->nr_missed));

	return ret;
}

ktime_t *context_gravity(const struct runner *runner,
			 struct evl_clock_gravity *gravity)
{
	switch (runner->type) {
	case EVL_LAT_KERN:
		return &gravity->kernel;
	case EVL_LAT_USER:
		return &gravity->user;
	default:
		return &gravity->irq;
	}
}
