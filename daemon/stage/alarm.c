/* SPDX-License-Identifier: MIT */
#include "stage/alarm.h"

#include "stage/clock.h"

#include <linux/container_of.h>

void alarm_queue_init(struct alarm_queue *queue, struct stage *stage,
		      void (*run)(struct alarm_queue *queue,
				  struct stage_timer *alarm))
{
	*queue = (struct alarm_queue)ALARM_QUEUE_INIT(stage, run);
	pi_mutex_init(&queue->lock);
}

/* On the stage's thread, locked: have the stage call us at the first date. */
static void note_next(struct alarm_queue *queue)
{
	uint64_t date = queue->alarms.next_date;

	if (date == UINT64_MAX)
		timer_disarm(&queue->stage->timers, &queue->next);
	else if (!queue->next.armed || queue->next.date != date)
		timer_arm(&queue->stage->timers, &queue->next, date);
}

/* The first date was @before. Locked. */
static void look_again(struct alarm_queue *queue, uint64_t before)
{
	if (queue->alarms.next_date == before)
		return;
	if (stage_self == queue->stage) {
		note_next(queue);
		return;
	}
	/* Acquire and release: pairs with alarm_queue_poked(), which looks at
	 * the queue after it has cleared this. */
	if (!atomic_exchange_explicit(&queue->poked, true,
				      memory_order_acq_rel))
		stage_post(queue->stage, &queue->poke);
}

void alarm_queue_poked(struct stage_item *poke)
{
	struct alarm_queue *queue =
		container_of(poke, struct alarm_queue, poke);

	/* Pairs with look_again(). */
	atomic_exchange_explicit(&queue->poked, false, memory_order_acq_rel);
	pi_lock(&queue->lock);
	note_next(queue);
	pi_unlock(&queue->lock);
}

void alarm_arm_locked(struct alarm_queue *queue, struct stage_timer *alarm,
		      uint64_t date)
{
	uint64_t before = queue->alarms.next_date;

	timer_arm(&queue->alarms, alarm, date < ALARM_LAST ? date : ALARM_LAST);
	look_again(queue, before);
}

void alarm_disarm_locked(struct alarm_queue *queue, struct stage_timer *alarm)
{
	uint64_t before = queue->alarms.next_date;

	timer_disarm(&queue->alarms, alarm);
	look_again(queue, before);
}

void alarm_queue_due(struct stage_timer *next)
{
	struct alarm_queue *queue =
		container_of(next, struct alarm_queue, next);
	uint64_t now = clock_ns();
	struct stage_timer *alarm;

	pi_lock(&queue->lock);
	while (queue->alarms.next_date <= now) {
		alarm = timer_first(&queue->alarms);
		timer_disarm(&queue->alarms, alarm);
		queue->running = alarm;
		queue->run(queue, alarm);
		queue->running = NULL;
	}
	note_next(queue);
	pi_unlock(&queue->lock);
}
