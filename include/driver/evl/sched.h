/* SPDX-License-Identifier: MIT */
/* Which stage the caller is on, and what it may do there.
 * Source: driver-api 1, 2.12 */
#ifndef _EVL_SCHED_H
#define _EVL_SCHED_H

#include <evl/init.h>
#include <evl/prelude.h>
#include <linux/irqstage.h>
#include <stdbool.h>

/**
 * evl_in_irq() - is the caller out-of-band but in no handler?
 *
 * That is, in a timer's function or the like.
 *
 * Stage:  any.
 * Blocks: no.
 */
bool evl_in_irq(void);

static inline bool evl_is_inband(void)
{
	return !running_oob();
}

/* Would a blocking call of the core be refused here? */
static inline bool evl_cannot_block(void)
{
	return evl_in_irq() || evl_is_inband();
}

/* A worker, opaque. */
struct evl_rq;

/* Is there a worker on @cpu? Any stage, does not block. */
bool is_evl_cpu(int cpu);
/* That worker, or NULL. Any stage, does not block. */
struct evl_rq *evl_cpu_rq(int cpu);

/* Whoever was woken runs as soon as the caller gives way: nothing to do. */
static inline void evl_schedule(void)
{
}

#include <evl/companions.h>

#endif /* _EVL_SCHED_H */
