/* SPDX-License-Identifier: MIT */
/* What else is built on the wait queues of <linux/wait.h>. */
#pragma once

#include <linux/wait.h>
#include <stdint.h>

/* May the caller sleep? If not, a driver is at fault: that is logged. */
bool wait_allowed(void);

/* @timeout jiffies after @start, as a stage knows it. */
uint64_t wait_deadline(u64 start, long timeout);

/*
 * Sleep on @wq, its lock held but while asleep. 0 woken, -ERESTARTSYS,
 * -ETIMEDOUT, or -EPERM: the caller cannot sleep here.
 */
int wait_sleep_locked(struct wait_queue_head *wq, uint64_t deadline,
		      bool interruptible);

/* Wake the one who has slept longest; @wq's lock held. */
void wake_up_one_locked(struct wait_queue_head *wq);
