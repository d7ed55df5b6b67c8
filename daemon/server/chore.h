/* SPDX-License-Identifier: MIT */
/*
 * Chores: what the worker has the client's own thread do while that waits for
 * its answer (wire/channel.h), so that it need not reach into the client's
 * memory. The handler's fiber sleeps meanwhile; a client which does not do it
 * keeps nobody but itself.
 *
 * Stage: out-of-band, the channel's worker.
 */
#pragma once

#include <stdbool.h>

struct channel;
struct slot;
struct user_reach;

/* For the task of a slot's requests. */
extern const struct user_reach chore_reach;

void chore_init_channel(struct channel *ch);
void chore_init_slot(struct slot *slot);
/* Has the chore under way been done? If so its fiber goes on. */
void chore_look(struct slot *slot);
/* The same after channel_unwatch(). True: it had been. */
bool chore_look_last(struct slot *slot);
/* The client's thread is gone, or does no chores any more: the one under way
 * and all that follow have moved nothing. */
void chore_desert(struct slot *slot);
