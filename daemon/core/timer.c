/* SPDX-License-Identifier: MIT */
/*
 * Timers, a queue of alarms a worker. Anybody starts and stops them, under the
 * queue's lock; the worker alone runs their functions, from its scheduler, one
 * at a time and with ->busy held. That is what a stopper waits for: as a PI mutex
 * it lends the worker the stopper's priority, as a lock held it keeps
 * functions from sleeping, and a function from waiting for another one.
 *
 * A timer's own date is that of its clock; its shot's is when the worker is to
 * look, on CLOCK_MONOTONIC and earlier by the gravity. Clocks which may be set
 * make the two differ, so a shot which comes before the clock says so is put
 * off, and whoever sets a clock has the others looked at.
 */
#include <evl/timer.h>

#include "core/rq.h"
#include "core/timer.h"
#include "kapi/export.h"
#include "kapi/irqflags.h"
#include "stage/call.h"
#include "stage/pi-mutex.h"
#include "vfs/leftover.h"
#include "vfs/module.h"

#include <assert.h>

#define GRAVITY (EVL_TIMER_KGRAVITY | EVL_TIMER_UGRAVITY)
#define STARTED 0x1 /* and not stopped since */

static_assert(sizeof(((struct evl_timer *)0)->shot) ==
		      sizeof(struct stage_timer),
	      "a timer embeds its shot");
static_assert(_Alignof(struct stage_timer) <= _Alignof(u64), "as above");

static struct stage_timer *shot_of(struct evl_timer *timer)
{
	return (struct stage_timer *)(void *)timer->shot;
}

static struct evl_timer *timer_of(struct stage_timer *shot)
{
	return (struct evl_timer *)(void *)((char *)shot -
					    offsetof(struct evl_timer, shot));
}

static bool may_be_set(const struct evl_clock *clock)
{
	return clock != &evl_mono_clock;
}

static ktime_t gravity_of(const struct evl_timer *timer)
{
	const struct evl_clock_gravity *gravity = &timer->clock->gravity;

	if (timer->flags & EVL_TIMER_UGRAVITY)
		return gravity->user;

	return timer->flags & EVL_TIMER_KGRAVITY ? gravity->kernel
						 : gravity->irq;
}

/* When to look at @timer, on CLOCK_MONOTONIC. */
static uint64_t shot_date(const struct evl_timer *timer)
{
	ktime_t date = timer->date, shift;

	if (may_be_set(timer->clock)) {
		shift = evl_ktime_monotonic() - evl_read_clock(timer->clock);
		if (__builtin_add_overflow(date, shift, &date))
			date = shift < 0 ? 0 : KTIME_MAX;
	}
	date -= gravity_of(timer);

	return date > 0 ? (uint64_t)date : 0;
}

/* Locked. */
static void arm(struct evl_rq *rq, struct evl_timer *timer)
{
	alarm_arm_locked(&rq->shots, shot_of(timer), shot_date(timer));
	if (may_be_set(timer->clock) && list_empty(&timer->link))
		list_add(&timer->link, &rq->others);
}

/* Locked. */
static void disarm(struct evl_rq *rq, struct evl_timer *timer)
{
	alarm_disarm_locked(&rq->shots, shot_of(timer));
	list_del_init(&timer->link);
}

/* The next date after now on the grid; those passed are overruns. */
static void advance(struct evl_timer *timer, ktime_t now)
{
	ktime_t missed;

	timer->date += timer->interval;
	if (timer->date > now)
		return;

	missed = (now - timer->date) / timer->interval + 1;
	timer->date += missed * timer->interval;
	timer->overruns += (u32)missed;
}

/* Its shot came. True: its function is to run. Locked. */
static bool is_due(struct evl_rq *rq, struct evl_timer *timer)
{
	ktime_t now = evl_read_clock(timer->clock);

	/* The clock was set back. */
	if (may_be_set(timer->clock) && now < timer->date - gravity_of(timer)) {
		arm(rq, timer);
		return false;
	}

	list_del_init(&timer->link);
	if (timer->interval) {
		advance(timer, now);
		arm(rq, timer);
	}

	return true;
}

/* The function first: a timer may be gone once it has returned. */
static void run(struct alarm_queue *shots, struct stage_timer *shot)
{
	struct evl_rq *rq = container_of(shots, struct evl_rq, shots);
	struct evl_timer *timer = timer_of(shot);
	void (*handler)(struct evl_timer * timer) = timer->handler;
	struct stage_call call = {
		.what = "timer function",
		.func = (const void *)handler,
	};

	if (!is_due(rq, timer))
		return;

	rq->handler = call.func;
	stage_call_begin(&call);
	pi_unlock(&shots->lock);
	irq_enter_handler();
	handler(timer);
	irq_leave_handler();
	pi_lock(&shots->lock);
	stage_call_end(&call);
}

/* From the worker's scheduler. */
static void run_due(struct stage_timer *next)
{
	struct evl_rq *rq = container_of(next, struct evl_rq, shots.next);

	pi_lock(&rq->busy);
	alarm_queue_due(next);
	pi_unlock(&rq->busy);
}

void timer_queue_init(struct evl_rq *rq)
{
	pi_mutex_init(&rq->busy);
	INIT_LIST_HEAD(&rq->others);
	alarm_queue_init(&rq->shots, rq->stage, run);
	rq->shots.next.fire = run_due;
}

/* Until a function that runs now has returned: @timer's, perhaps. */
static void await_idle(struct evl_rq *rq)
{
	/* We are it, or it may be after a lock of ours. */
	if (stage_self == rq->stage || pi_mutex_depth)
		return;

	pi_lock(&rq->busy);
	pi_unlock(&rq->busy);
}

/* Locked. One which was started and whose function is @mod's. */
static struct evl_timer *find_of(struct evl_rq *rq, struct module *mod)
{
	struct stage_timer *shot;

	for (shot = timer_first(&rq->shots.alarms); shot;
	     shot = timer_next(shot))
		if (module_at((void *)timer_of(shot)->handler) == mod)
			return timer_of(shot);

	return NULL;
}

static unsigned int stop_of(struct evl_rq *rq, struct module *mod)
{
	struct evl_timer *timer;
	unsigned int count = 0;
	bool running;

	do {
		pi_lock(&rq->shots.lock);
		for (; (timer = find_of(rq, mod)); count++)
			disarm(rq, timer);
		running = rq->shots.running && module_at(rq->handler) == mod;
		pi_unlock(&rq->shots.lock);
		/* It may start itself again: look once more. */
		if (running)
			await_idle(rq);
	} while (running);

	return count;
}

static unsigned int stop_all_of(struct module *mod)
{
	unsigned int count = 0;
	struct evl_rq *rq;

	for (unsigned int n = 0; mod && (rq = rq_nth(n)); n++)
		count += stop_of(rq, mod);

	return count;
}

void timers_init(void)
{
	static struct leftover timers = {
		.what = "timers",
		.drop = stop_all_of,
	};

	leftover_add(&timers);
}

static void rearm_others(struct evl_rq *rq)
{
	struct evl_timer *timer;

	pi_lock(&rq->shots.lock);
	list_for_each_entry(timer, &rq->others, link)
		arm(rq, timer);
	pi_unlock(&rq->shots.lock);
}

void timers_clock_set(void)
{
	struct evl_rq *rq;

	for (unsigned int n = 0; (rq = rq_nth(n)) != NULL; n++)
		rearm_others(rq);
}

EXPORT void __evl_init_timer(struct evl_timer *timer, struct evl_clock *clock,
			     void (*handler)(struct evl_timer *timer),
			     struct evl_rq *rq, int flags, const char *name)
{
	*timer = (struct evl_timer){
		.handler = handler,
		.clock = clock,
		.name = name,
		.rq = rq ? rq : rq_nth(0),
		.flags = (u32)flags & GRAVITY,
	};
	INIT_LIST_HEAD(&timer->link);
}

EXPORT void evl_start_timer(struct evl_timer *timer, ktime_t value,
			    ktime_t interval)
{
	struct evl_rq *rq = timer->rq;

	pi_lock(&rq->shots.lock);
	disarm(rq, timer);
	timer->date = value;
	timer->interval = interval > 0 ? interval : 0;
	timer->overruns = 0;
	timer->flags |= STARTED;
	arm(rq, timer);
	pi_unlock(&rq->shots.lock);
}

static ktime_t time_left(struct evl_timer *timer)
{
	ktime_t left;

	/* Armed or not, a shot that was is due. */
	left = timer->date - evl_read_clock(timer->clock);

	return left > 0 ? left : 1;
}

EXPORT void evl_stop_timer(struct evl_timer *timer)
{
	struct evl_rq *rq = timer->rq;
	bool running;

	/* Zero-filled, or never prepared. */
	if (rq == NULL)
		return;

	pi_lock(&rq->shots.lock);
	disarm(rq, timer);
	if (timer->flags & STARTED)
		timer->left = time_left(timer);
	timer->flags &= ~(u32)STARTED;
	running = rq->shots.running == shot_of(timer);
	pi_unlock(&rq->shots.lock);

	if (running)
		await_idle(rq);
}

EXPORT void evl_destroy_timer(struct evl_timer *timer)
{
	evl_stop_timer(timer);
}

EXPORT void evl_set_timer_gravity(struct evl_timer *timer, int gravity)
{
	struct evl_rq *rq = timer->rq;

	pi_lock(&rq->shots.lock);
	timer->flags = (timer->flags & ~(u32)GRAVITY) | (gravity & GRAVITY);
	pi_unlock(&rq->shots.lock);
}

EXPORT int evl_timer_is_running(struct evl_timer *timer)
{
	struct evl_rq *rq = timer->rq;
	bool started;

	pi_lock(&rq->shots.lock);
	started = timer->flags & STARTED;
	pi_unlock(&rq->shots.lock);

	return started;
}

EXPORT int evl_timer_is_periodic(struct evl_timer *timer)
{
	struct evl_rq *rq = timer->rq;
	bool periodic;

	pi_lock(&rq->shots.lock);
	periodic = timer->interval > 0;
	pi_unlock(&rq->shots.lock);

	return periodic;
}

EXPORT ktime_t evl_abs_timeout(struct evl_timer *timer, ktime_t delta)
{
	return evl_read_clock(timer->clock) + delta;
}

EXPORT ktime_t evl_get_timer_date(struct evl_timer *timer)
{
	struct evl_rq *rq = timer->rq;
	ktime_t date;

	pi_lock(&rq->shots.lock);
	date = timer->flags & STARTED ? timer->date : 0;
	pi_unlock(&rq->shots.lock);

	return date;
}

EXPORT ktime_t evl_get_timer_delta(struct evl_timer *timer)
{
	struct evl_rq *rq = timer->rq;
	ktime_t left;

	pi_lock(&rq->shots.lock);
	left = timer->flags & STARTED ? time_left(timer) : 0;
	pi_unlock(&rq->shots.lock);

	return left;
}

EXPORT ktime_t evl_get_stopped_timer_delta(struct evl_timer *timer)
{
	struct evl_rq *rq = timer->rq;
	ktime_t left;

	pi_lock(&rq->shots.lock);
	left = timer->flags & STARTED ? 0 : timer->left;
	pi_unlock(&rq->shots.lock);

	return left;
}

EXPORT unsigned long evl_get_timer_overruns(struct evl_timer *timer)
{
	struct evl_rq *rq = timer->rq;
	unsigned long count;

	pi_lock(&rq->shots.lock);
	count = timer->overruns;
	timer->overruns = 0;
	pi_unlock(&rq->shots.lock);

	return count;
}
