/* SPDX-License-Identifier: MIT */
/*
 * The library's end of a channel: 64 slots shared with one worker of the
 * daemon. The process makes one when a thread attaches and no slot is left,
 * and keeps it as long as the connection lives; so pointers to it need no
 * reference.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <wire/channel.h>

#define CHANNELS_MAX 64u

struct channel {
	struct channel_geometry geometry; /* checked copy */
	struct channel_header *hdr;	  /* shared */
	uint32_t index;			  /* in the connection */
	int kick_fd;			  /* owned, internal */
	/* Set once, when the daemon is gone: no request is served any more. */
	_Atomic(bool) dead;
};

/*
 * Make another channel. Blocks: until the daemon answers.
 *
 * Return: 0, or what the daemon answers, or
 *   -ENODEV	it is gone
 *   -ENOMEM	not enough memory
 *   -EPROTO	what it sent does not make sense
 */
int channel_new(struct channel **r_channel);

/* Wrap memory which is mapped already, with checks. Takes over @kick_fd on
 * success only. */
int channel_init(struct channel *ch, void *base, uint32_t index, int kick_fd);

/* The channel the daemon calls @index, NULL if there is none. */
struct channel *channel_get(uint32_t index);

/* Wake the worker, after channel_ring() said that it may sleep. */
void channel_kick(struct channel *ch);

/* The daemon is gone: end every request in it with -ENODEV. */
void channel_kill(struct channel *ch);
void channel_kill_all(void);

/* In the child after fork(): there is none. */
void channel_reset(void);
