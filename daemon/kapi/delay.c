/* SPDX-License-Identifier: MIT */
#include <linux/delay.h>

#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/spinlock.h"
#include "kapi/wait.h"
#include "stage/clock.h"
#include "stage/wait.h"

/* Sleep until @deadline, or a break. */
static void sleep_until(uint64_t deadline, bool interruptible)
{
	DECLARE_WAIT_QUEUE_HEAD_ONSTACK(wq);

	golden_rule_note(BREACH_WAIT, "msleep");
	spinlock_take(&wq.lock);
	(void)wait_sleep_locked(&wq, deadline, interruptible);
	spinlock_drop(&wq.lock);
}

EXPORT void msleep(unsigned int msecs)
{
	sleep_until(clock_ns() + msecs * UINT64_C(1000000), false);
}

EXPORT unsigned long msleep_interruptible(unsigned int msecs)
{
	uint64_t deadline = clock_ns() + msecs * UINT64_C(1000000), now;

	sleep_until(deadline, true);
	now = clock_ns();

	return now < deadline ? (unsigned long)(deadline - now) / 1000000 : 0;
}

EXPORT void usleep_range(unsigned long min, unsigned long max)
{
	(void)max;
	sleep_until(clock_ns() + min * NS_PER_US, false);
}

EXPORT void ndelay(unsigned long nsecs)
{
	uint64_t end = clock_ns() + nsecs;

	while (clock_ns() < end)
		cpu_relax();
}
