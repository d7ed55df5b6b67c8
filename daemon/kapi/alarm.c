/* SPDX-License-Identifier: MIT */
#include "kapi/alarm.h"

#include "stage/inband.h"

static void run(struct alarm_queue *queue, struct stage_timer *alarm);

static struct alarm_queue queue = ALARM_QUEUE_INIT(&inband_stage, run);

static void run(struct alarm_queue *unused, struct stage_timer *alarm)
{
	void (*fire)(struct stage_timer * alarm) = alarm->fire;

	pi_unlock(&queue.lock);
	fire(alarm);
	pi_lock(&queue.lock);
}

bool alarm_set(struct stage_timer *alarm, uint64_t date,
	       void (*fire)(struct stage_timer *alarm))
{
	bool was_set;

	pi_lock(&queue.lock);
	was_set = alarm->armed;
	alarm->fire = fire;
	alarm_arm_locked(&queue, alarm, date);
	pi_unlock(&queue.lock);

	return was_set;
}

bool alarm_clear(struct stage_timer *alarm)
{
	bool was_set;

	pi_lock(&queue.lock);
	was_set = alarm->armed;
	alarm_disarm_locked(&queue, alarm);
	pi_unlock(&queue.lock);

	return was_set;
}

bool alarm_is_set(struct stage_timer *alarm)
{
	bool set;

	pi_lock(&queue.lock);
	set = alarm->armed;
	pi_unlock(&queue.lock);

	return set;
}

bool alarm_is_running(struct stage_timer *alarm)
{
	bool runs;

	pi_lock(&queue.lock);
	runs = queue.running == alarm;
	pi_unlock(&queue.lock);

	return runs;
}

struct stage_timer *alarm_find(bool (*match)(struct stage_timer *alarm,
					     const void *arg),
			       const void *arg)
{
	struct stage_timer *alarm;

	pi_lock(&queue.lock);
	alarm = timer_first(&queue.alarms);
	while (alarm && !match(alarm, arg))
		alarm = timer_next(alarm);
	pi_unlock(&queue.lock);

	return alarm;
}
