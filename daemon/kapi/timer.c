/* SPDX-License-Identifier: MIT */
/* The timers of <linux/timer.h>: alarms whose dates are in jiffies. */
#include <linux/timer.h>

#include "kapi/alarm.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "kapi/unload.h"
#include "stage/call.h"
#include "stage/clock.h"

#include <assert.h>

static_assert(sizeof(((struct timer_list *)0)->shot) ==
		      sizeof(struct stage_timer),
	      "a timer embeds its alarm");

static struct stage_timer *alarm_of(const struct timer_list *timer)
{
	return (struct stage_timer *)(void *)timer->shot;
}

static struct timer_list *timer_of(struct stage_timer *alarm)
{
	return (struct timer_list *)(void *)((char *)alarm -
					     offsetof(struct timer_list, shot));
}

/* It may be gone once its function has returned. */
static void run_timer(struct stage_timer *alarm)
{
	struct timer_list *timer = timer_of(alarm);
	struct stage_call call = { .what = "timer function" };
	void (*function)(struct timer_list * timer);

	/* Relaxed: the alarm's lock orders it. */
	function = __atomic_load_n(&timer->function, __ATOMIC_RELAXED);
	if (function == NULL)
		return;

	call.func = (const void *)function;
	stage_call_begin(&call);
	function(timer);
	stage_call_end(&call);
}

static uint64_t date_of(unsigned long expires)
{
	const unsigned long ns = NS_PER_SEC / HZ;

	return expires < ALARM_LAST / ns ? expires * ns : ALARM_LAST;
}

EXPORT int mod_timer(struct timer_list *timer, unsigned long expires)
{
	/* Relaxed, both: who calls at once with another one gets either. */
	if (__atomic_load_n(&timer->function, __ATOMIC_RELAXED) == NULL)
		return 0;
	__atomic_store_n(&timer->expires, expires, __ATOMIC_RELAXED);

	return alarm_set(alarm_of(timer), date_of(expires), run_timer);
}

EXPORT int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	/* Relaxed: as above. */
	if (timer_pending(timer) &&
	    !time_before(expires,
			 __atomic_load_n(&timer->expires, __ATOMIC_RELAXED)))
		return 1;

	return mod_timer(timer, expires);
}

EXPORT int __timer_delete(struct timer_list *timer)
{
	return alarm_clear(alarm_of(timer));
}

EXPORT int timer_delete_sync(struct timer_list *timer)
{
	return timer_delete(timer);
}

EXPORT int timer_shutdown(struct timer_list *timer)
{
	/* Relaxed: as above. */
	__atomic_store_n(&timer->function, NULL, __ATOMIC_RELAXED);

	return timer_delete(timer);
}

EXPORT int timer_pending(const struct timer_list *timer)
{
	return alarm_is_set(alarm_of(timer));
}

static bool is_of(struct stage_timer *alarm, const void *mod)
{
	const void *function;

	if (alarm->fire != run_timer)
		return false;

	/* Relaxed: as above. */
	function = (const void *)__atomic_load_n(&timer_of(alarm)->function,
						 __ATOMIC_RELAXED);

	return image_is_of(function, mod);
}

unsigned int timer_unload(struct module *mod)
{
	struct stage_timer *alarm;
	unsigned int count = 0;

	for (; (alarm = alarm_find(is_of, mod)); count++)
		alarm_clear(alarm);

	return count;
}
