/* SPDX-License-Identifier: MIT */
/* Where the kernel has NR_CPUS. */
#ifndef _LINUX_THREADS_H
#define _LINUX_THREADS_H

#include <linux/cpumask.h>

#endif /* _LINUX_THREADS_H */
