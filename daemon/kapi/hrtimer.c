/* SPDX-License-Identifier: MIT */
/*
 * The timers of <linux/hrtimer.h>: alarms whose dates are those of a clock.
 * Alarms go by CLOCK_MONOTONIC: on other clocks one may come before the clock
 * says so, and is put off then; when a clock was set all are looked at again.
 */
#include "kapi/hrtimer.h"

#include "kapi/alarm.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "kapi/unload.h"
#include "stage/call.h"
#include "stage/pi-mutex.h"

#include <assert.h>
#include <linux/hrtimer.h>

static_assert(sizeof(((struct hrtimer *)0)->shot) == sizeof(struct stage_timer),
	      "a timer embeds its alarm");

static LIST_HEAD(others); /* those set on a clock which may be set */
static struct pi_mutex others_lock;

static struct stage_timer *alarm_of(const struct hrtimer *timer)
{
	return (struct stage_timer *)(void *)timer->shot;
}

static struct hrtimer *hrtimer_of(struct stage_timer *alarm)
{
	return (struct hrtimer *)(void *)((char *)alarm -
					  offsetof(struct hrtimer, shot));
}

static void leave_others(struct hrtimer *timer)
{
	if (timer->clock == CLOCK_MONOTONIC)
		return;

	pi_lock(&others_lock);
	if (timer->link.next)
		list_del(&timer->link);
	pi_unlock(&others_lock);
}

static void join_others(struct hrtimer *timer)
{
	if (timer->clock == CLOCK_MONOTONIC)
		return;

	pi_lock(&others_lock);
	if (timer->link.next == NULL)
		list_add_tail(&timer->link, &others);
	pi_unlock(&others_lock);
}

static void run_hrtimer(struct stage_timer *alarm);

static void set_alarm(struct hrtimer *timer)
{
	ktime_t date = timer->expires;

	if (timer->clock != CLOCK_MONOTONIC &&
	    __builtin_add_overflow(
		    date, ktime_get() - __ktime_read(timer->clock), &date))
		date = KTIME_MAX;
	alarm_set(alarm_of(timer), date > 0 ? (uint64_t)date : 0, run_hrtimer);
}

static void enqueue(struct hrtimer *timer)
{
	set_alarm(timer);
	join_others(timer);
}

static enum hrtimer_restart call_function(struct hrtimer *timer)
{
	struct stage_call call = {
		.what = "hrtimer function",
		.func = (const void *)timer->function,
	};
	enum hrtimer_restart ret;

	stage_call_begin(&call);
	ret = timer->function(timer);
	stage_call_end(&call);

	return ret;
}

/* It may be gone once its function says that it need not run again. */
static void run_hrtimer(struct stage_timer *alarm)
{
	struct hrtimer *timer = hrtimer_of(alarm);

	if (timer->clock != CLOCK_MONOTONIC &&
	    hrtimer_cb_get_time(timer) < timer->expires) {
		set_alarm(timer);
		return;
	}

	leave_others(timer);
	if (call_function(timer) == HRTIMER_RESTART &&
	    !hrtimer_is_queued(timer))
		enqueue(timer);
}

void hrtimers_clock_set(void)
{
	struct hrtimer *timer;

	pi_lock(&others_lock);
	list_for_each_entry(timer, &others, link)
		set_alarm(timer);
	pi_unlock(&others_lock);
}

EXPORT void hrtimer_init(struct hrtimer *timer, clockid_t clock,
			 enum hrtimer_mode mode)
{
	(void)mode;
	*timer = (struct hrtimer){ .clock = clock };
}

EXPORT void hrtimer_start(struct hrtimer *timer, ktime_t tim,
			  enum hrtimer_mode mode)
{
	if ((mode & HRTIMER_MODE_REL) &&
	    __builtin_add_overflow(tim, hrtimer_cb_get_time(timer), &tim))
		tim = KTIME_MAX;

	/* While it is set its function may come and look. */
	alarm_clear(alarm_of(timer));
	timer->expires = tim;
	enqueue(timer);
}

EXPORT int hrtimer_try_to_cancel(struct hrtimer *timer)
{
	if (hrtimer_callback_running(timer))
		return -1;

	return hrtimer_cancel(timer);
}

EXPORT int hrtimer_cancel(struct hrtimer *timer)
{
	bool was_set = alarm_clear(alarm_of(timer));

	leave_others(timer);

	return was_set;
}

EXPORT bool hrtimer_is_queued(const struct hrtimer *timer)
{
	return alarm_is_set(alarm_of(timer));
}

EXPORT bool hrtimer_callback_running(const struct hrtimer *timer)
{
	return alarm_is_running(alarm_of(timer));
}

EXPORT bool hrtimer_active(const struct hrtimer *timer)
{
	return hrtimer_is_queued(timer) || hrtimer_callback_running(timer);
}

EXPORT u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval)
{
	u64 count;

	if (now < timer->expires || interval <= 0)
		return 0;

	count = (u64)((now - timer->expires) / interval) + 1;
	timer->expires += (ktime_t)count * interval;

	return count;
}

static bool is_of(struct stage_timer *alarm, const void *mod)
{
	return alarm->fire == run_hrtimer &&
	       image_is_of((const void *)hrtimer_of(alarm)->function, mod);
}

unsigned int hrtimer_unload(struct module *mod)
{
	struct stage_timer *alarm;
	unsigned int count = 0;

	for (; (alarm = alarm_find(is_of, mod)); count++)
		hrtimer_cancel(hrtimer_of(alarm));

	return count;
}
