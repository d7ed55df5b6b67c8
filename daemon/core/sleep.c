/* SPDX-License-Identifier: MIT */
/*
 * The calling thread and time, <evl/thread.h>: sleeping, and periods. Both end
 * earlier by the clock's gravity for such threads, which is how long it takes
 * them to come to run.
 */
#include "core/thread.h"
#include "core/wait.h"
#include "kapi/export.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <errno.h>

static ktime_t gravity_for(const struct evl_thread *thread,
			   const struct evl_clock *clock)
{
	return thread_state(thread) & EVL_T_USER ? clock->gravity.user
						 : clock->gravity.kernel;
}

static uint64_t advance(uint64_t deadline, ktime_t gravity)
{
	if (deadline == DEADLINE_NONE)
		return deadline;

	return deadline > (uint64_t)gravity ? deadline - (uint64_t)gravity : 0;
}

/* Nobody else knows the queue: only the time, or a break, ends it. What for is
 * the thread's state meanwhile. 0, or -EINTR and its like. */
static int doze(uint64_t deadline, const struct evl_clock *clock, u32 what_for)
{
	struct evl_thread *thread = thread_running();
	struct wait_queue wq;
	int ret;

	wait_queue_init(&wq, WAIT_FIFO);
	thread_set(thread, what_for);
	pi_lock(&wq.lock);
	ret = wait_queue_sleep(&wq,
			       advance(deadline, gravity_for(thread, clock)));
	if (ret != -EIDRM)
		pi_unlock(&wq.lock);
	thread_clear(thread, what_for);

	return ret == -ETIMEDOUT ? 0 : ret;
}

EXPORT ktime_t evl_delay(ktime_t timeout, enum evl_tmode mode,
			 struct evl_clock *clock)
{
	ktime_t date = timeout, left;
	uint64_t deadline;

	if (!wait_permitted(__builtin_return_address(0), 0))
		return -EPERM;

	if (mode == EVL_REL && timeout < 0)
		return 0;
	deadline = wait_date(clock, timeout, mode);
	if (mode == EVL_REL &&
	    __builtin_add_overflow(evl_read_clock(clock), timeout, &date))
		date = KTIME_MAX;
	if (doze(deadline, clock, EVL_T_DELAY) == 0)
		return 0;

	/* Without limit, whatever is left is as much. */
	if (deadline == DEADLINE_NONE)
		return KTIME_MAX;
	left = date - evl_read_clock(clock);

	return left > 0 ? left : 1;
}

static int sleep_until(ktime_t date, const void *caller)
{
	if (!wait_permitted(caller, 0))
		return -EPERM;

	return doze(wait_date(&evl_mono_clock, date, EVL_ABS), &evl_mono_clock,
		    EVL_T_DELAY)
		       ? -EINTR
		       : 0;
}

EXPORT int evl_sleep_until(ktime_t date)
{
	return sleep_until(date, __builtin_return_address(0));
}

EXPORT int evl_sleep(ktime_t delay)
{
	ktime_t date;

	if (__builtin_add_overflow(evl_ktime_monotonic(), delay, &date))
		date = KTIME_MAX;

	return sleep_until(date, __builtin_return_address(0));
}

EXPORT int evl_set_period(struct evl_clock *clock, ktime_t idate,
			  ktime_t period)
{
	struct evl_thread *thread = thread_running();

	if (thread == NULL)
		return -EPERM;

	if (clock == NULL || period == 0) {
		thread->period_clock = NULL;
		return 0;
	}
	if (period < 0 || period < evl_get_clock_gravity(clock, kernel))
		return -EINVAL;

	thread->period_clock = clock;
	thread->period = period;
	thread->release = idate ? idate : evl_read_clock(clock) + period;

	return 0;
}

/* The release of the period that follows now; how many were missed. */
static unsigned long go_on(struct evl_thread *thread)
{
	ktime_t now = evl_read_clock(thread->period_clock), missed;

	missed = (now - thread->release) / thread->period;
	thread->release += (missed + 1) * thread->period;

	return (unsigned long)missed;
}

EXPORT int evl_wait_period(unsigned long *overruns_r)
{
	struct evl_thread *thread = thread_running();
	unsigned long missed;

	if (!wait_permitted(__builtin_return_address(0), 0) || thread == NULL)
		return -EPERM;
	if (thread->period_clock == NULL)
		return -EAGAIN;

	/* A clock may be set meanwhile, so once may not be enough. */
	while (evl_read_clock(thread->period_clock) <
	       thread->release - gravity_for(thread, thread->period_clock))
		if (doze(wait_date(thread->period_clock, thread->release,
				   EVL_ABS),
			 thread->period_clock, EVL_T_WAIT))
			return -EINTR;

	missed = go_on(thread);
	if (missed == 0)
		return 0;
	if (overruns_r)
		*overruns_r = missed;

	return -ETIMEDOUT;
}
