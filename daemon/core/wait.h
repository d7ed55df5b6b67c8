/* SPDX-License-Identifier: MIT */
/* What core/flag.c and the like share with <evl/wait.h>; @caller is the driver's
 * code on whose behalf they wait. */
#pragma once

#include <evl/wait.h>
#include <stdbool.h>
#include <stdint.h>

/* May it sleep here, holding @nr_locks spin locks of the core's? If not, the log
 * names it. */
bool wait_permitted(const void *caller, unsigned int nr_locks);

/* What a wait returns that was ended for @reason (EVL_T_*); 1: woken for good */
int wait_status(int reason);
/* When @timeout on @clock is over, on CLOCK_MONOTONIC, which fibers sleep by. */
uint64_t wait_date(struct evl_clock *clock, ktime_t timeout,
		   enum evl_tmode mode);

/* __evl_wait_locked(). */
int wait_locked(struct evl_wait_queue *wq, unsigned int nr_removals,
		ktime_t timeout, enum evl_tmode mode, const void *caller);
