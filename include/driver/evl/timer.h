/* SPDX-License-Identifier: MIT */
/*
 * Timers: a function which runs out-of-band at a date, once or at regular
 * intervals after it. Dates are those of a clock, in nanoseconds.
 *
 * The function is called on a worker's own ground, where an interrupt handler
 * would be: it must not sleep, and keeps every request of that worker waiting
 * while it runs. It may start and stop timers, its own included, raise flags,
 * wake whoever it likes, and queue irq_work. Interrupts are off, as far as that
 * goes here (<linux/irqflags.h>): of all such functions one runs at a time.
 *
 * A timer that is late runs its function once; dates which have passed
 * meanwhile are counted (evl_get_timer_overruns()) and left out, those to come
 * stay where they were.
 *
 * Source: driver-api 2.10
 */
#ifndef _EVL_TIMER_H
#define _EVL_TIMER_H

#include <evl/clock.h>
#include <evl/prelude.h>
#include <evl/sched.h>
#include <evl/timeout.h>
#include <linux/list.h>
#include <linux/types.h>

/* By how much a shot comes early: clock->gravity.irq, .kernel or .user. */
#define EVL_TIMER_IGRAVITY 0x00
#define EVL_TIMER_KGRAVITY 0x40
#define EVL_TIMER_UGRAVITY 0x80

struct evl_timer {
	void (*handler)(struct evl_timer *timer);
	struct evl_clock *clock;
	const char *name; /* for people */
	/* The core's own: */
	struct evl_rq *rq;
	ktime_t date;	  /* of the next shot, or the last */
	ktime_t interval; /* 0: one shot */
	ktime_t left;	  /* what was left when it was stopped */
	u32 flags;
	u32 overruns;
	struct list_head link;
	u64 shot[8];
};

/* Below the macros. */
void __evl_init_timer(struct evl_timer *timer, struct evl_clock *clock,
		      void (*handler)(struct evl_timer *timer),
		      struct evl_rq *rq, int flags, const char *name);

#define __evl_timer_2(timer, handler, name) \
	__evl_init_timer(timer, &evl_mono_clock, handler, NULL, 0, name)
#define __evl_timer_3(timer, clock, handler, name) \
	__evl_init_timer(timer, clock, handler, NULL, 0, name)
#define __evl_timer_5(timer, clock, handler, rq, flags, name) \
	__evl_init_timer(timer, clock, handler, rq, flags, name)
#define __evl_timer_on_3(timer, cpu, handler, name)                        \
	__evl_init_timer(timer, &evl_mono_clock, handler, evl_cpu_rq(cpu), \
			 EVL_TIMER_IGRAVITY, name)
#define __evl_timer_on_4(timer, cpu, clock, handler, name)       \
	__evl_init_timer(timer, clock, handler, evl_cpu_rq(cpu), \
			 EVL_TIMER_IGRAVITY, name)
#define __evl_timer_pick(_1, _2, _3, _4, _5, macro, ...) macro

/**
 * evl_init_timer() - prepare a timer
 * @timer:	the timer; it must not be running
 * @clock:	whose dates count; may be left out: the monotonic one
 * @handler:	void handler(struct evl_timer *timer)
 *
 * It will run on the first worker. Two more arguments, as older cores had
 * them, name the worker and the gravity: see evl_init_timer_on_rq().
 *
 * Stage:  any.
 * Blocks: no.
 */
/* clang-format off */
#define evl_init_timer(...)						\
	__evl_timer_pick(__VA_ARGS__, __evl_timer_5, none,		\
			 __evl_timer_3, __evl_timer_2, none)		\
		(__VA_ARGS__, __func__)

/**
 * evl_init_timer_on_cpu() - prepare a timer for a certain CPU
 * @timer:	the timer; it must not be running
 * @cpu:	that of a worker; any other means the first worker
 * @clock:	whose dates count; may be left out: the monotonic one
 * @handler:	void handler(struct evl_timer *timer)
 *
 * Stage:  any.
 * Blocks: no.
 */
#define evl_init_timer_on_cpu(...)					\
	__evl_timer_pick(__VA_ARGS__, none, __evl_timer_on_4,		\
			 __evl_timer_on_3, none, none)			\
		(__VA_ARGS__, __func__)
/* clang-format on */

/**
 * evl_init_timer_on_rq() - prepare a timer for a certain worker
 * @timer:	the timer; it must not be running
 * @clock:	whose dates count
 * @handler:	void handler(struct evl_timer *timer)
 * @rq:		from evl_cpu_rq(); NULL: the first worker
 * @flags:	EVL_TIMER_IGRAVITY, EVL_TIMER_KGRAVITY or EVL_TIMER_UGRAVITY
 *
 * Stage:  any.
 * Blocks: no.
 */
#define evl_init_timer_on_rq(timer, clock, handler, rq, flags) \
	__evl_init_timer(timer, clock, handler, rq, flags, __func__)

/* As it was called for a while. */
#define evl_init_core_timer(timer, handler) \
	__evl_timer_2(timer, handler, __func__)

/**
 * evl_start_timer() - let a timer run
 * @timer:	the timer; if it runs, it is started anew
 * @value:	date of the first shot; one that has passed is now
 * @interval:	between shots, EVL_INFINITE for a single one
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_start_timer(struct evl_timer *timer, ktime_t value, ktime_t interval);

/**
 * evl_stop_timer() - stop a timer
 * @timer:	the timer; nothing happens if it does not run
 *
 * When it returns the function does not run and will not, with two exceptions:
 * called by a timer's function, and called with a lock held, it leaves one
 * which is running on another CPU to end by itself.
 *
 * Stage:  any.
 * Blocks: until the function has returned, if it runs on another CPU.
 */
void evl_stop_timer(struct evl_timer *timer);

/**
 * evl_destroy_timer() - be done with a timer
 * @timer:	the timer; it is stopped, as by evl_stop_timer()
 *
 * Stage:  any.
 * Blocks: as evl_stop_timer().
 */
void evl_destroy_timer(struct evl_timer *timer);

/* Which of the clock's gravities counts: EVL_TIMER_*GRAVITY. For a timer that
 * is stopped. Any stage, does not block. */
void evl_set_timer_gravity(struct evl_timer *timer, int gravity);

/* For people; borrowed. Any stage, does not block. */
static inline void evl_set_timer_name(struct evl_timer *timer, const char *name)
{
	timer->name = name;
}

/* Was it started, and not stopped since? True of one whose single shot has
 * been, too. Any stage, does not block. */
int evl_timer_is_running(struct evl_timer *timer);
/* Has it an interval? Any stage, does not block. */
int evl_timer_is_periodic(struct evl_timer *timer);

/* The date @delta from now on the timer's clock. Any stage, does not block. */
ktime_t evl_abs_timeout(struct evl_timer *timer, ktime_t delta);
/* The date of the next shot as it was meant, 0 if it is stopped. Any stage,
 * does not block. */
ktime_t evl_get_timer_date(struct evl_timer *timer);
/* The time until then: 1 if it is due, 0 if it is stopped. Any stage, does not
 * block. */
ktime_t evl_get_timer_delta(struct evl_timer *timer);
/* What was left when it was stopped. Any stage, does not block. */
ktime_t evl_get_stopped_timer_delta(struct evl_timer *timer);

/**
 * evl_get_timer_overruns() - how many dates were missed?
 * @timer:	the timer, a periodic one
 *
 * Stage:  out-of-band, from a handler or a kernel thread.
 * Blocks: no.
 *
 * Return: how many since this was last asked
 */
unsigned long evl_get_timer_overruns(struct evl_timer *timer);

#endif /* _EVL_TIMER_H */
