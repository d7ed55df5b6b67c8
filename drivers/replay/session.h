/* SPDX-License-Identifier: MIT */
/* One run through a trace, and those who wait for what comes. */
#ifndef _REPLAY_SESSION_H
#define _REPLAY_SESSION_H

#include "position.h"

#include <linux/irq_work.h>
#include <linux/wait.h>

#include <evl/poll.h>
#include <evl/timer.h>
#include <evl/wait.h>

#include <uapi/evl/devices/replay.h>

struct session {
	struct evl_wait_queue oob_wait; /* its lock protects the position */
	wait_queue_head_t inband_wait;
	struct irq_work inband_wake;
	struct evl_poll_head poll_head;
	struct evl_timer timer; /* when there will be something to read */
	struct position pos;
	unsigned int nr_mismatches;
};

/* In-band, not at its beginning yet. */
void session_init(struct session *s);
/* In-band. Nobody waits, and nobody comes any more. */
void session_destroy(struct session *s);

/* Begin, or begin anew. Any stage. */
void session_start(struct session *s, const struct trace *trace);

/* The time has come, or the position was moved: those who wait look again, now
 * or when there is something to see. Any stage, without its lock. */
void session_update(struct session *s);

/* Any stage, without its lock. */
void session_status(struct session *s, struct replay_status *status);
__poll_t session_events(struct session *s);

#endif /* _REPLAY_SESSION_H */
