/* SPDX-License-Identifier: MIT */
/* Where the kernel has get_task_struct(). */
#ifndef _LINUX_SCHED_TASK_H
#define _LINUX_SCHED_TASK_H

#include <linux/sched.h>

#endif /* _LINUX_SCHED_TASK_H */
