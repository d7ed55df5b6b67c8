/* SPDX-License-Identifier: MIT */
/*
 * A thread's slot in a channel, and the one request it may have there: posted,
 * waited for, broken off. It belongs to the attached thread and lives as long
 * as the attachment; nobody else touches it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <wire/channel.h>
#include "channel.h"
#include "reach.h"
#include "spin.h"

struct slot {
	struct channel *ch;	     /* borrowed, outlives us */
	struct channel_slot *shared; /* ours of the 64 */
	void *window;		     /* shared, too */
	uint32_t index;
	uint32_t seq;	/* of the last request */
	uint32_t chore; /* the last one done */
	/* A request is in the slot. A signal handler may find it so. */
	volatile bool busy;
	struct spin spin;
	struct reach reach;
};

struct slot_call {
	uint32_t op; /* enum channel_op */
	int32_t fd;
	uint32_t cmd;
	uint32_t window_len; /* bytes of *@addr which go through the window */
	uint64_t addr;
	uint64_t count;
	const void *in; /* copy them in from here, NULL: do not */
	void *out;	/* copy what comes out there, NULL: do not */
	/* @out was known to be writable at @epoch, see reach.h. */
	bool out_known;
	uint32_t epoch;
};

/* @pointless: spinning is, see spin.h. For the calling thread. */
/* This thread is done with it, the daemon may give it to another. */
void slot_hand_over(struct slot *slot);
void slot_init(struct slot *slot, struct channel *ch, uint32_t index,
	       bool pointless);

/* For signal handlers: the descriptor of the call they broke into, -1: none. */
static inline int slot_call_fd(const struct slot *slot)
{
	return slot->busy ? slot->shared->request.fd : -1;
}

/* And have that call end early; by itself, nobody waits for it here. */
void slot_break(struct slot *slot);

/* What no driver answers: the daemon has no such descriptor of ours. */
#define SLOT_UNBOUND INT64_MIN

/*
 * Make a call.
 *
 * Blocks: until the worker answers; then a cancellation point.
 *
 * Return: what the driver answers, SLOT_UNBOUND, or
 *   -EBUSY	a signal handler broke into another call
 *   -EFAULT	cannot store into @call->out
 *   -EINTR	a signal came first
 *   -ENODEV	the daemon is gone
 */
int64_t slot_do(struct slot *slot, const struct slot_call *call);
