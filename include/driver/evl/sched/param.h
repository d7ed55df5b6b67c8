/* SPDX-License-Identifier: MIT */
/* Priorities of threads: the highest runs first.
 * Source: driver-api 2.12 */
#ifndef _EVL_SCHED_PARAM_H
#define _EVL_SCHED_PARAM_H

/* Of applications' threads: SCHED_FIFO's. */
#define EVL_FIFO_MIN_PRIO 1
#define EVL_FIFO_MAX_PRIO 99

/* Of drivers' own. */
#define EVL_CORE_MIN_PRIO 0
#define EVL_CORE_MAX_PRIO 101
#define EVL_CORE_NR_PRIO  (EVL_CORE_MAX_PRIO + 1)

/* Of Linux's real-time threads: 0 to this, without this. */
#ifndef MAX_RT_PRIO
#define MAX_RT_PRIO 100
#endif

#endif /* _EVL_SCHED_PARAM_H */
