/* SPDX-License-Identifier: MIT */
/*
 * The alarms of the in-band stage (stage/alarm.h), which are what drivers'
 * timers are there: each runs its ->fire, on no fiber, so that must not sleep.
 *
 * Stage: any.
 */
#pragma once

#include "stage/alarm.h"

#include <stdbool.h>
#include <stdint.h>

/* Set, or set anew: @fire at @date on CLOCK_MONOTONIC. True: it was set. */
bool alarm_set(struct stage_timer *alarm, uint64_t date,
	       void (*fire)(struct stage_timer *alarm));
/* Take off. True: it was set. */
bool alarm_clear(struct stage_timer *alarm);
bool alarm_is_set(struct stage_timer *alarm);
/* Does its function run now? In-band nobody but that function can find so. */
bool alarm_is_running(struct stage_timer *alarm);

/* One that is set and which @match(it, @arg) says is meant; NULL: there is none.
 * For who knows that it stays. @match is called with all of them locked. */
struct stage_timer *alarm_find(bool (*match)(struct stage_timer *alarm,
					     const void *arg),
			       const void *arg);
