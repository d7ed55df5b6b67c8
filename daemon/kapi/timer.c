/* SPDX-License-Identifier: MIT */
/* The timers of <linux/timer.h>: alarms whose dates are in jiffies. */
#include <linux/timer.h>

#include "kapi/alarm.h"
#include "kapi/export.h"
#include "stage/clock.h"

#include <assert.h>

static_assert(sizeof(((struct timer_list *)0)->shot) ==
		      sizeof(struct stage_timer),
	      "a timer embeds its alarm");

static struct stage_timer *alarm_of(const struct timer_list *timer)
{
	return (struct stage_timer *)(void *)timer->shot;
}

/* It may be gone once its function has returned. */
static void run_timer(struct stage_timer *alarm)
{
	struct timer_list *timer =
		(struct timer_list *)(void *)((char *)alarm -
					      offsetof(struct timer_list,
						       shot));

	if (timer->function)
		timer->function(timer);
}

static uint64_t date_of(unsigned long expires)
{
	const unsigned long ns = NS_PER_SEC / HZ;

	return expires < ALARM_LAST / ns ? expires * ns : ALARM_LAST;
}

EXPORT int mod_timer(struct timer_list *timer, unsigned long expires)
{
	if (timer->function == NULL)
		return 0;

	timer->expires = expires;
	alarm_of(timer)->fire = run_timer;

	return alarm_set(alarm_of(timer), date_of(expires));
}

EXPORT int timer_reduce(struct timer_list *timer, unsigned long expires)
{
	if (timer_pending(timer) && !time_before(expires, timer->expires))
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
	timer->function = NULL;

	return timer_delete(timer);
}

EXPORT int timer_pending(const struct timer_list *timer)
{
	return alarm_is_set(alarm_of(timer));
}
