/* SPDX-License-Identifier: MIT */
/*
 * The clocks of the core, in nanoseconds.
 *
 * Source: driver-api 2.11
 */
#ifndef _EVL_CLOCK_H
#define _EVL_CLOCK_H

#include <evl/prelude.h>
#include <linux/err.h>
#include <linux/ktime.h>
#include <time.h>
#include <uapi/evl/types.h>

#define ONE_BILLION 1000000000

struct cpumask;
struct evl_clock;

/* By how much a shot of a timer comes early, in nanoseconds: a function of a
 * timer, a kernel thread, an application. All 0 unless somebody sets them. */
struct evl_clock_gravity {
	ktime_t irq;
	ktime_t kernel;
	ktime_t user;
};

/* What a clock can do; NULL: it cannot. */
struct evl_clock_ops {
	ktime_t (*read)(struct evl_clock *clock);
	int (*set)(struct evl_clock *clock, ktime_t date);
	int (*set_gravity)(struct evl_clock *clock,
			   const struct evl_clock_gravity *gravity);
	void (*reset_gravity)(struct evl_clock *clock);
};

struct evl_clock {
	const char *name;
	ktime_t resolution;
	unsigned int flags;
	struct evl_clock_gravity gravity;
	struct evl_clock_ops ops;
	clockid_t id; /* the core's own: of the system's clock behind it */
};

extern struct evl_clock evl_mono_clock;	    /* CLOCK_MONOTONIC */
extern struct evl_clock evl_realtime_clock; /* CLOCK_REALTIME */
extern struct evl_clock evl_mono_raw_clock; /* CLOCK_MONOTONIC_RAW */

/**
 * evl_read_clock() - what time is it?
 * @clock:	the clock
 *
 * Stage:  any.
 * Blocks: no; not even a system call is made.
 *
 * Return: the date, in nanoseconds
 */
ktime_t evl_read_clock(struct evl_clock *clock);

/* The date on CLOCK_MONOTONIC. */
static inline ktime_t evl_ktime_monotonic(void)
{
	return evl_read_clock(&evl_mono_clock);
}

/**
 * evl_set_clock_time() - set a clock
 * @clock:	the clock
 * @date:	what time it is to be, in nanoseconds
 *
 * Timers on the real-time clock follow, as they do when somebody else sets it.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EOPNOTSUPP	this one cannot be set
 *   -EPERM		the daemon may not (CAP_SYS_TIME)
 *   -EINVAL		no such date
 */
int evl_set_clock_time(struct evl_clock *clock, ktime_t date);

/* In nanoseconds; any stage, does not block. */
static inline ktime_t evl_get_clock_resolution(const struct evl_clock *clock)
{
	return clock->resolution;
}

static inline void evl_set_clock_resolution(struct evl_clock *clock,
					    ktime_t resolution)
{
	clock->resolution = resolution;
}

/**
 * evl_set_clock_gravity() - let shots come early
 * @clock:	the clock
 * @gravity:	by how much, in nanoseconds
 *
 * For timers that are started from then on.
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EOPNOTSUPP	this clock has none
 *   -EINVAL		one is negative
 */
int evl_set_clock_gravity(struct evl_clock *clock,
			  const struct evl_clock_gravity *gravity);
/* Back to what they were. Any stage, does not block. */
void evl_reset_clock_gravity(struct evl_clock *clock);
/* @type: irq, kernel or user. */
#define evl_get_clock_gravity(clock, type) ((clock)->gravity.type)

/**
 * evl_get_clock_by_fd() - the clock an application means
 * @efd:	what it calls it: minus the system's number for it
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: the clock, to be given back with evl_put_clock(); NULL: there is
 *	   none such
 */
struct evl_clock *evl_get_clock_by_fd(int efd);

static inline void evl_put_clock(struct evl_clock *clock)
{
	(void)clock;
}

/* Clocks of hardware of one's own: not here. -EOPNOTSUPP. */
static inline int evl_init_clock(struct evl_clock *clock,
				 const struct cpumask *affinity)
{
	(void)clock, (void)affinity;

	return -EOPNOTSUPP;
}

/* From the core's time to ktime_t, the kernel's timespec, and back. */

static inline ktime_t u_timespec_to_ktime(const struct __evl_timespec u_ts)
{
	return ktime_set(u_ts.tv_sec, (unsigned long)u_ts.tv_nsec);
}

static inline struct timespec64
u_timespec_to_timespec64(const struct __evl_timespec u_ts)
{
	return (struct timespec64){
		.tv_sec = u_ts.tv_sec,
		.tv_nsec = (long)u_ts.tv_nsec,
	};
}

static inline struct __evl_timespec
timespec64_to_u_timespec(const struct timespec64 ts)
{
	return (struct __evl_timespec){
		.tv_sec = ts.tv_sec,
		.tv_nsec = ts.tv_nsec,
	};
}

static inline struct __evl_timespec ktime_to_u_timespec(ktime_t kt)
{
	return timespec64_to_u_timespec(ktime_to_timespec64(kt));
}

static inline struct itimerspec64
u_itimerspec_to_itimerspec64(const struct __evl_itimerspec u_its)
{
	return (struct itimerspec64){
		.it_interval = u_timespec_to_timespec64(u_its.it_interval),
		.it_value = u_timespec_to_timespec64(u_its.it_value),
	};
}

static inline struct __evl_itimerspec
itimerspec64_to_u_itimerspec(const struct itimerspec64 its)
{
	return (struct __evl_itimerspec){
		.it_interval = timespec64_to_u_timespec(its.it_interval),
		.it_value = timespec64_to_u_timespec(its.it_value),
	};
}

#endif /* _EVL_CLOCK_H */
