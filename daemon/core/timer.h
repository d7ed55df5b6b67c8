/* SPDX-License-Identifier: MIT */
/* The timers of <evl/timer.h>, as the rest of the core sees them. */
#pragma once

struct evl_rq;

/* For rq.c. */
void timer_queue_init(struct evl_rq *rq);

/* Once, at start: what drivers leave running is stopped. */
void timers_init(void);

/* A clock was set: timers on it are looked at again. Any stage. */
void timers_clock_set(void);
