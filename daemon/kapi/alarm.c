/* SPDX-License-Identifier: MIT */
#include "kapi/alarm.h"

#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/pi-mutex.h"

#include <linux/irq_work.h>

static struct pi_mutex lock; /* of what follows, and of the alarms in it */
static struct timer_base alarms = { .next_date = UINT64_MAX };
static struct stage_timer *running;

static void run_due(struct stage_timer *timer);

/* The in-band stage's own: when to look. */
static struct stage_timer next = { .fire = run_due };

/* In-band, locked: have the stage call us at the first date. */
static void note_next(void)
{
	if (alarms.next_date == UINT64_MAX)
		timer_disarm(&inband_stage.timers, &next);
	else if (!next.armed || next.date != alarms.next_date)
		timer_arm(&inband_stage.timers, &next, alarms.next_date);
}

static void look_again(struct irq_work *work)
{
	(void)work;
	pi_lock(&lock);
	note_next();
	pi_unlock(&lock);
}

static DEFINE_IRQ_WORK(look_work, look_again);

/* The function first: an alarm may be gone once it has returned. */
static void run_due(struct stage_timer *timer)
{
	void (*fire)(struct stage_timer * alarm);
	uint64_t now = clock_ns();
	struct stage_timer *alarm;

	(void)timer;
	pi_lock(&lock);
	while (alarms.next_date <= now) {
		alarm = timer_first(&alarms);
		timer_disarm(&alarms, alarm);
		running = alarm;
		fire = alarm->fire;
		pi_unlock(&lock);
		fire(alarm);
		pi_lock(&lock);
		running = NULL;
	}
	note_next();
	pi_unlock(&lock);
}

/* The first date may have changed. Locked. */
static void first_changed(uint64_t before)
{
	if (alarms.next_date == before)
		return;
	if (stage_self == &inband_stage)
		note_next();
	else
		irq_work_queue(&look_work);
}

bool alarm_set(struct stage_timer *alarm, uint64_t date,
	       void (*fire)(struct stage_timer *alarm))
{
	uint64_t before;
	bool was_set;

	pi_lock(&lock);
	before = alarms.next_date;
	was_set = alarm->armed;
	alarm->fire = fire;
	timer_arm(&alarms, alarm, date < ALARM_LAST ? date : ALARM_LAST);
	first_changed(before);
	pi_unlock(&lock);

	return was_set;
}

bool alarm_clear(struct stage_timer *alarm)
{
	uint64_t before;
	bool was_set;

	pi_lock(&lock);
	before = alarms.next_date;
	was_set = alarm->armed;
	timer_disarm(&alarms, alarm);
	first_changed(before);
	pi_unlock(&lock);

	return was_set;
}

bool alarm_is_set(struct stage_timer *alarm)
{
	bool set;

	pi_lock(&lock);
	set = alarm->armed;
	pi_unlock(&lock);

	return set;
}

bool alarm_is_running(struct stage_timer *alarm)
{
	bool runs;

	pi_lock(&lock);
	runs = running == alarm;
	pi_unlock(&lock);

	return runs;
}
