/* SPDX-License-Identifier: MIT */
/*
 * Serving requests: from a bit in the doorbell to the answer in the slot.
 *
 * Stage: out-of-band, the channel's worker.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct channel;
struct fiber;
struct guard;
struct slot;

/* Take what was rung; start a fiber for each new request. Returns how many. */
unsigned int serve_channel(struct channel *ch);

/* Stop looking at slots which did not ring. False: one of them has something. */
bool serve_unwatch_all(struct channel *ch);
void serve_unwatch(struct slot *slot);

/* Put @number into ->done, for the client's thread to see what it is. */
void serve_tell(struct slot *slot, uint32_t number);

/* For fiber->guard. */
extern const struct guard serve_guard;
/* For fiber->ended: the slot is at rest again. */
void serve_ended(struct fiber *fiber);
/* At rest: all its requests are in the drivers' tallies. */
void serve_tally_up(struct slot *slot);
/* A slot or channel that was waiting for rest may have it now. */
void serve_settle(struct slot *slot);
