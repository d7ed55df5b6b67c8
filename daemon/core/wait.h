/* SPDX-License-Identifier: MIT */
/* What core/flag.c and the like share with <evl/wait.h>. */
#pragma once

#include <evl/wait.h>

/*
 * __evl_wait_locked() on behalf of the driver's code at @caller, who is named
 * in the log if it cannot sleep where it is.
 */
int wait_locked(struct evl_wait_queue *wq, unsigned int nr_removals,
		ktime_t timeout, enum evl_tmode mode, const void *caller);
