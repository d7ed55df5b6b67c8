/* SPDX-License-Identifier: MIT */
/*
 * An alarm is a function which the in-band stage runs at a date, from its
 * scheduler, on no fiber: it must not sleep. Any thread sets it and takes it
 * off, where a stage's own timers are for its own thread. It is a stage_timer;
 * from the first alarm_set() on, who holds it leaves its fields to us.
 *
 * Stage: any.
 */
#pragma once

#include "stage/timer.h"

#include <stdbool.h>
#include <stdint.h>

#define ALARM_LAST (UINT64_MAX - 1) /* as late as can be */

/* Set, or set anew: @fire at @date on CLOCK_MONOTONIC. True: it was set. */
bool alarm_set(struct stage_timer *alarm, uint64_t date,
	       void (*fire)(struct stage_timer *alarm));
/* Take off. True: it was set. */
bool alarm_clear(struct stage_timer *alarm);
bool alarm_is_set(struct stage_timer *alarm);
/* Does its function run now? In-band nobody but that function can find so. */
bool alarm_is_running(struct stage_timer *alarm);
