/* SPDX-License-Identifier: MIT */
#include "place-rig.h"

#include "core/kthread.h"

#include <evl/lock.h>
#include <evl/timer.h>
#include <linux/irq_work.h>

#define PRIO 40

static void (*to_run)(void);
static bool ended;
static struct evl_kthread kthread;
static struct fiber *handler; /* in-band */
static struct rig_app app;
static bool app_is_there;
static DEFINE_HARD_SPINLOCK(hard_lock);
static DEFINE_EVL_SPINLOCK(evl_lock);

bool place_sleeps_oob(enum place_kind kind)
{
	return kind == PLACE_REQUEST || kind == PLACE_KTHREAD;
}

bool place_sleeps(enum place_kind kind)
{
	return place_sleeps_oob(kind) || kind == PLACE_HANDLER;
}

static void run_here(void *arg)
{
	(void)arg;
	to_run();
	ended = true;
}

static void run_with_hard_lock(void *arg)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&hard_lock, flags);
	run_here(arg);
	raw_spin_unlock_irqrestore(&hard_lock, flags);
}

static void run_with_evl_lock(void *arg)
{
	evl_spin_lock(&evl_lock);
	run_here(arg);
	evl_spin_unlock(&evl_lock);
}

static void run_without_preemption(void *arg)
{
	evl_disable_preempt();
	run_here(arg);
	evl_enable_preempt();
}

static void run_without_interrupts(void *arg)
{
	hard_local_irq_disable();
	run_here(arg);
	hard_local_irq_enable();
}

static void run_irq_work(struct irq_work *work)
{
	run_here(work);
}

static void run_timer(struct evl_timer *timer)
{
	run_here(timer);
}

static void on_irq_work(void)
{
	static DEFINE_IRQ_WORK(work, run_irq_work);

	irq_work_queue(&work);
	rig_step();
}

static void on_timer(void)
{
	static struct evl_timer timer;

	evl_init_timer_on_cpu(&timer, RIG_CPU(1), run_timer);
	evl_start_timer(&timer, 1, EVL_INFINITE);
	rig_step();
	evl_destroy_timer(&timer);
}

static void on_kthread(void (*threadfn)(void *arg))
{
	ck_assert_int_eq(rig_run(&kthread, 0, threadfn, NULL, PRIO), 0);
}

void place_run(enum place_kind kind, void (*func)(void))
{
	static void (*const threadfns[NR_PLACES])(void *arg) = {
		[PLACE_KTHREAD] = run_here,
		[PLACE_HARD_LOCK] = run_with_hard_lock,
		[PLACE_EVL_LOCK] = run_with_evl_lock,
		[PLACE_NO_PREEMPT] = run_without_preemption,
		[PLACE_NO_IRQS] = run_without_interrupts,
	};

	to_run = func;
	ended = false;
	handler = NULL;
	if (kind == PLACE_NOWHERE)
		on_irq_work();
	else if (kind == PLACE_HANDLER)
		handler = rig_inband(run_here, NULL);
	else if (kind == PLACE_HANDLER_LOCK)
		handler = rig_inband(run_with_evl_lock, NULL);
	else if (kind == PLACE_TIMER)
		on_timer();
	else if (kind == PLACE_REQUEST)
		rig_app(&app, 0, run_here, NULL, PRIO);
	else
		on_kthread(threadfns[kind]);
	app_is_there = kind == PLACE_REQUEST;
}

void place_leave(void)
{
	if (handler && !ended)
		fiber_break(handler);
	rig_step();
	if (app_is_there)
		rig_app_end(&app, true);
	app_is_there = false;
	if (kthread_core(&kthread))
		rig_stop(&kthread);
	ck_assert(ended);
}
