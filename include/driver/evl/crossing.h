/* SPDX-License-Identifier: MIT */
/*
 * A crossing is what a closer waits on until nobody is inside any more: each
 * visitor goes down and comes up, the closer passes once the last is out. Good
 * for one passage; nobody may go down once somebody passes.
 *
 * Source: driver-api 2.13
 */
#ifndef _EVL_CROSSING_H
#define _EVL_CROSSING_H

#include <linux/irq_work.h>
#include <linux/types.h>

struct evl_crossing {
	unsigned int count; /* the core's own, as all below */
	void *waiter;
};

/**
 * evl_init_crossing() - prepare a crossing
 * @c:	the crossing; the closer counts as its first visitor
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_init_crossing(struct evl_crossing *c);

/**
 * evl_reinit_crossing() - prepare a crossing for another passage
 * @c:	the crossing, which was passed
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_reinit_crossing(struct evl_crossing *c);

/**
 * evl_down_crossing() - go in
 * @c:	the crossing, which nobody has begun to pass
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_down_crossing(struct evl_crossing *c);

/**
 * evl_up_crossing() - come out again
 * @c:	the crossing; if the closer waits and we are the last it may be gone
 *	on return
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_up_crossing(struct evl_crossing *c);

/**
 * evl_pass_crossing() - wait until everybody is out
 * @c:	the crossing
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until the last visitor called evl_up_crossing(). Nothing else ends
 *	   it.
 */
void evl_pass_crossing(struct evl_crossing *c);

#endif /* _EVL_CROSSING_H */
