/* SPDX-License-Identifier: MIT */
/*
 * Alarms are timers of a stage which any thread may set and take off, where the
 * stage's own (stage/timer.h) are for its own thread. A queue of them has one of
 * the stage's, for the first date, and runs what is due from the scheduler, on
 * no fiber. An alarm is a stage_timer; while it may be set its fields are the
 * queue's, but for ->fire, which is whoever's the queue is.
 *
 * Stage: any; ->run() on the queue's.
 */
#pragma once

#include "stage/pi-mutex.h"
#include "stage/stage.h"
#include "stage/timer.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define ALARM_LAST (UINT64_MAX - 1) /* as late as can be */

struct alarm_queue {
	struct stage *stage;
	/* The date of @alarm has come, and it is off. Locked: unlocks for what
	 * is not ours, after which it may be gone. */
	void (*run)(struct alarm_queue *queue, struct stage_timer *alarm);
	struct pi_mutex lock;	  /* what follows, and the alarms in it */
	struct timer_base alarms; /* by date on CLOCK_MONOTONIC */
	struct stage_timer *running;
	struct stage_timer next; /* the stage's own: when to look */
	struct stage_item poke;	 /* look now */
	_Atomic(bool) poked;
};

#define ALARM_QUEUE_INIT(its_stage, its_run)            \
	{                                               \
		.stage = (its_stage), .run = (its_run), \
		.alarms = { .next_date = UINT64_MAX },  \
		.next = { .fire = alarm_queue_due },    \
		.poke = { .func = alarm_queue_poked },  \
	}

void alarm_queue_init(struct alarm_queue *queue, struct stage *stage,
		      void (*run)(struct alarm_queue *queue,
				  struct stage_timer *alarm));

/* Set, or set anew, at @date on CLOCK_MONOTONIC; take off. Locked. */
void alarm_arm_locked(struct alarm_queue *queue, struct stage_timer *alarm,
		      uint64_t date);
void alarm_disarm_locked(struct alarm_queue *queue, struct stage_timer *alarm);

/* For ->next.fire: run what is due. */
void alarm_queue_due(struct stage_timer *next);
/* For ->poke.func. */
void alarm_queue_poked(struct stage_item *poke);
