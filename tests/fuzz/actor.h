/* SPDX-License-Identifier: MIT */
/*
 * One of the random clients: a connection, and the channels it was given on
 * it or on one before, and what it was given to map.
 */
#pragma once

#include "raw-client.h"

#define ACTOR_CHANNELS 3
#define ACTOR_MEMORY   8

struct actor {
	int fd; /* owned, -1: not connected */
	uint8_t secret[CONTROL_SECRET_SIZE];
	struct raw_channel channels[ACTOR_CHANNELS]; /* base NULL: none */
	unsigned int nr_channels; /* mapped on this connection */
	int memory[ACTOR_MEMORY]; /* owned descriptors of mappings, 0: none */
	/* The last errand it was sent on. */
	uint32_t errand_number;
	struct control_errand errand;
};

void actor_connect(struct actor *actor);
void actor_disconnect(struct actor *actor);
void actor_drop_channels(struct actor *actor);
/* NULL: none is there. */
struct raw_channel *actor_channel(struct actor *actor);
/* Take what the daemon has said, without waiting for it. */
void actor_listen(struct actor *actor);
void actor_say(struct actor *actor, const void *msg, size_t size);
