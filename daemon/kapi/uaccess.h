/* SPDX-License-Identifier: MIT */
/*
 * What the daemon itself asks of a caller's memory. Drivers use
 * <linux/uaccess.h>.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct task_struct;
struct user_reach;

/* How in-band handlers reach the memory of callers whose task does not say. */
void user_set_reach(const struct user_reach *reach);

/*
 * For signal handlers, which cannot sleep. Is there anything at @addr in the
 * memory of @task?
 */
bool user_is_mapped(const struct task_struct *task, unsigned long addr);
/* The first bytes of @n at @addr which can be had without waiting for anybody.
 * Returns how many. */
size_t user_peek(const struct task_struct *task, unsigned long addr, void *buf,
		 size_t n);
