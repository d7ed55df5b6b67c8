/* SPDX-License-Identifier: MIT */
#include "session.h"

#include <linux/poll.h>

#include <evl/clock.h>
#include <evl/sched.h>

static void wake_inband(struct irq_work *work)
{
	struct session *s = container_of(work, struct session, inband_wake);

	wake_up(&s->inband_wait);
}

void session_update(struct session *s)
{
	unsigned long flags;
	ktime_t date;
	bool due;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	date = position_date(&s->pos);
	due = date <= evl_read_clock(&evl_mono_clock);
	if (due)
		evl_flush_wait_locked(&s->oob_wait, 0);
	else if (date != KTIME_MAX)
		evl_start_timer(&s->timer, date, EVL_INFINITE);
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);
	if (!due)
		return;

	evl_signal_poll_events(&s->poll_head, POLLIN | POLLRDNORM);
	evl_schedule();
	if (waitqueue_active(&s->inband_wait))
		irq_work_queue(&s->inband_wake);
}

static void session_timer(struct evl_timer *timer)
{
	session_update(container_of(timer, struct session, timer));
}

void session_init(struct session *s)
{
	evl_init_wait(&s->oob_wait, &evl_mono_clock, EVL_WAIT_PRIO);
	init_waitqueue_head(&s->inband_wait);
	init_irq_work(&s->inband_wake, wake_inband);
	evl_init_poll_head(&s->poll_head);
	evl_init_timer(&s->timer, &evl_mono_clock, session_timer);
}

void session_destroy(struct session *s)
{
	evl_destroy_timer(&s->timer);
	irq_work_sync(&s->inband_wake);
	evl_destroy_wait(&s->oob_wait);
}

void session_start(struct session *s, const struct trace *trace)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	position_start(&s->pos, trace, &replay_rules,
		       evl_read_clock(&evl_mono_clock));
	s->nr_mismatches = 0;
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);
	session_update(s);
}

void session_status(struct session *s, struct replay_status *status)
{
	const struct position *pos = &s->pos;
	const struct trace *trace;
	unsigned long flags;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	trace = pos->trace;
	*status = (struct replay_status){
		.time = pos->read_at < trace->nr
				? trace->records[pos->read_at].time
				: trace->duration,
		.duration = trace->duration,
		.record = pos->read_at,
		.nr_records = trace->nr,
		.nr_laps = pos->nr_laps,
		.nr_mismatches = s->nr_mismatches,
	};
	if (position_at_end(pos))
		status->flags |= REPLAY_AT_END;
	if (position_needs_write(pos))
		status->flags |= REPLAY_NEEDS_WRITE;
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);
}

__poll_t session_events(struct session *s)
{
	__poll_t events = POLLOUT | POLLWRNORM;
	unsigned long flags;

	raw_spin_lock_irqsave(&s->oob_wait.lock, flags);
	if (position_date(&s->pos) <= evl_read_clock(&evl_mono_clock)) {
		events |= POLLIN | POLLRDNORM;
		if (position_at_end(&s->pos))
			events |= POLLHUP;
	}
	raw_spin_unlock_irqrestore(&s->oob_wait.lock, flags);

	return events;
}
