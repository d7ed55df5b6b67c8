/* SPDX-License-Identifier: MIT */
/*
 * Timers of the in-band stage with dates in nanoseconds. The function is called
 * on no fiber: it must not sleep. The in-band stage is an ordinary thread of
 * the system's; who needs to be in time uses EVL's timers (evl/timer.h).
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_HRTIMER_H
#define _LINUX_HRTIMER_H

#include <linux/ktime.h>
#include <linux/list.h>
#include <linux/types.h>

enum hrtimer_restart {
	HRTIMER_NORESTART,
	HRTIMER_RESTART,
};

/* But for REL they all mean the same here. */
enum hrtimer_mode {
	HRTIMER_MODE_ABS = 0x00,
	HRTIMER_MODE_REL = 0x01,
	HRTIMER_MODE_PINNED = 0x02,
	HRTIMER_MODE_SOFT = 0x04,
	HRTIMER_MODE_HARD = 0x08,
	HRTIMER_MODE_ABS_PINNED = 0x02,
	HRTIMER_MODE_REL_PINNED = 0x03,
	HRTIMER_MODE_ABS_SOFT = 0x04,
	HRTIMER_MODE_REL_SOFT = 0x05,
	HRTIMER_MODE_ABS_PINNED_SOFT = 0x06,
	HRTIMER_MODE_REL_PINNED_SOFT = 0x07,
	HRTIMER_MODE_ABS_HARD = 0x08,
	HRTIMER_MODE_REL_HARD = 0x09,
	HRTIMER_MODE_ABS_PINNED_HARD = 0x0a,
	HRTIMER_MODE_REL_PINNED_HARD = 0x0b,
};

struct hrtimer {
	enum hrtimer_restart (*function)(struct hrtimer *timer);
	/* The core's own: */
	ktime_t expires;
	clockid_t clock;
	struct list_head link; /* set, on a clock which somebody may set */
	u64 shot[8];
};

/**
 * hrtimer_init() - prepare a timer
 * @timer:	the timer, not active; its ->function is set by the caller
 * @clock:	CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME or CLOCK_TAI
 * @mode:	as it will be started with
 *
 * Stage:  any.
 * Blocks: no.
 */
void hrtimer_init(struct hrtimer *timer, clockid_t clock,
		  enum hrtimer_mode mode);
#define hrtimer_init_on_stack(timer, clock, mode) \
	hrtimer_init(timer, clock, mode)

/* The same, with the function. */
static inline void
hrtimer_setup(struct hrtimer *timer,
	      enum hrtimer_restart (*function)(struct hrtimer *timer),
	      clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}

static inline void destroy_hrtimer_on_stack(struct hrtimer *timer)
{
	(void)timer;
}

/**
 * hrtimer_start() - start a timer
 * @timer:	the timer; if it is active it is started anew
 * @tim:	a date on its clock or, with HRTIMER_MODE_REL, a delay
 * @mode:	HRTIMER_MODE_*
 *
 * Its function says by what it returns whether it is to run again at the
 * timer's date, which it moved on with hrtimer_forward().
 *
 * Stage:  any.
 * Blocks: no.
 */
void hrtimer_start(struct hrtimer *timer, ktime_t tim, enum hrtimer_mode mode);
#define hrtimer_start_range_ns(timer, tim, range, mode) \
	hrtimer_start(timer, tim, mode)
#define hrtimer_start_expires(timer, mode) \
	hrtimer_start(timer, (timer)->expires, HRTIMER_MODE_ABS)
#define hrtimer_restart(timer) hrtimer_start_expires(timer, HRTIMER_MODE_ABS)

/**
 * hrtimer_try_to_cancel() - stop a timer
 * @timer:	the timer
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 1 if it was active, 0 if not, -1 if its function runs now, and then
 *	   nothing was done
 */
int hrtimer_try_to_cancel(struct hrtimer *timer);

/**
 * hrtimer_cancel() - stop a timer
 * @timer:	the timer; not from its function
 *
 * Functions run on the in-band thread: nobody else in-band meets one.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 1 if it was active, else 0
 */
int hrtimer_cancel(struct hrtimer *timer);

/* Is it set, or does its function run? Any stage, does not block. */
bool hrtimer_active(const struct hrtimer *timer);
/* Is it set? */
bool hrtimer_is_queued(const struct hrtimer *timer);
bool hrtimer_callback_running(const struct hrtimer *timer);

/* What its clock says. */
static inline ktime_t hrtimer_cb_get_time(const struct hrtimer *timer)
{
	return __ktime_read(timer->clock);
}

static inline ktime_t hrtimer_get_expires(const struct hrtimer *timer)
{
	return timer->expires;
}

static inline s64 hrtimer_get_expires_ns(const struct hrtimer *timer)
{
	return timer->expires;
}

/* For a timer which is not set. */
static inline void hrtimer_set_expires(struct hrtimer *timer, ktime_t date)
{
	timer->expires = date;
}

static inline void hrtimer_add_expires_ns(struct hrtimer *timer, u64 ns)
{
	timer->expires += (s64)ns;
}

static inline ktime_t hrtimer_get_remaining(const struct hrtimer *timer)
{
	return timer->expires - hrtimer_cb_get_time(timer);
}

/**
 * hrtimer_forward() - move a date on, by intervals, until it is after another
 * @timer:	the timer, not set, as in its function
 * @now:	the other date
 * @interval:	by what, above 0
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: by how many intervals
 */
u64 hrtimer_forward(struct hrtimer *timer, ktime_t now, ktime_t interval);

static inline u64 hrtimer_forward_now(struct hrtimer *timer, ktime_t interval)
{
	return hrtimer_forward(timer, hrtimer_cb_get_time(timer), interval);
}

#endif /* _LINUX_HRTIMER_H */
