/* SPDX-License-Identifier: MIT */
/* Workqueues, as the daemon's own functions which wrap drivers' see them. */
#pragma once

#include <linux/workqueue.h>

/* Items with function @func, ours, run the driver's which @whose says. Before
 * there are any. In-band. */
void workqueue_add_wrapper(
	work_func_t func, const void *(*whose)(const struct work_struct *work));
