/* SPDX-License-Identifier: MIT */
/* Source: driver-api 2.12, 6 */
#ifndef _EVL_INIT_H
#define _EVL_INIT_H

#include <linux/cpumask.h>

/* The CPUs which have a worker; all, if workers are not pinned. Any stage. */
extern struct cpumask evl_oob_cpus;

#endif /* _EVL_INIT_H */
