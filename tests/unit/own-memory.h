/* SPDX-License-Identifier: MIT */
/*
 * A caller which is the test itself: its memory is reached by the kernel, which
 * knows what is there. Whoever does that in the daemon is tested elsewhere.
 */
#pragma once

#include <linux/sched.h>

/* For task_struct::reach. */
extern const struct user_reach own_memory;
