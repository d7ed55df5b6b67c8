/* SPDX-License-Identifier: MIT */
/* A clock which says what the test wants, for threads on thread-rig. */
#pragma once

#include <evl/clock.h>

#define UNIT ((ktime_t)1000000000)

extern struct evl_clock own_clock;
extern ktime_t own_now;

/* It is @date, in units, and any sleep may look. */
void own_clock_pass(ktime_t date);
