/* SPDX-License-Identifier: MIT */
/*
 * One-shot timers of a stage, on CLOCK_MONOTONIC in nanoseconds, ordered by
 * date, FIFO among equal dates. A timer is armed, disarmed and fires on its
 * stage's own thread; no lock, no allocation.
 */
#pragma once

#include <bsd/sys/cdefs.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stage_timer {
	RB_ENTRY(stage_timer) entry;
	uint64_t date;
	uint64_t serial; /* order among equal dates */
	bool armed;
	void (*fire)(struct stage_timer *timer); /* from the scheduler */
};

RB_HEAD(timer_tree, stage_timer);

struct timer_base {
	struct timer_tree tree;
	uint64_t next_date; /* of the first, UINT64_MAX if there is none */
	uint64_t next_serial;
};

void timer_base_init(struct timer_base *base);
void timer_arm(struct timer_base *base, struct stage_timer *timer,
	       uint64_t date);
void timer_disarm(struct timer_base *base, struct stage_timer *timer);
/* The one which is due first, NULL if none is armed. */
struct stage_timer *timer_first(struct timer_base *base);
/* The one after @timer, NULL at the end. */
struct stage_timer *timer_next(struct stage_timer *timer);
/* Fire what is due at @now. Returns how many. */
unsigned int timer_run(struct timer_base *base, uint64_t now);
