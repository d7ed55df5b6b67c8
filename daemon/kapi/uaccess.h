/* SPDX-License-Identifier: MIT */
/*
 * What the daemon itself asks of a caller's memory. Drivers use
 * <linux/uaccess.h>.
 */
#pragma once

#include <stdbool.h>

struct task_struct;

/* Can the byte at @addr be read in @task's own memory? Async-signal-safe. */
bool user_is_mapped(const struct task_struct *task, unsigned long addr);
