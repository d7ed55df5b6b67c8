/* SPDX-License-Identifier: MIT */
/*
 * One end of a lane's two rings, and of the two bells beside them. Used by one
 * thread of each process, and trusted by neither.
 */
#pragma once

#include "isolate/wire.h"

#include <stdbool.h>
#include <stdint.h>

struct isolate_port {
	struct isolate_ring *out, *in; /* shared */
	uint32_t tail, head;	       /* ours, of @out and @in */
	int out_bell, in_bell;	       /* owned: eventfds */
};

/* Say @word. False: there is no room, which the other end's reading would have
 * made if it were in order. */
bool port_say(struct isolate_port *port, uint32_t word);

/* The next word. 1; 0: there is none; -EPROTO: the other end has counted wrong. */
int port_hear(struct isolate_port *port, uint32_t *r_word);

/* About to sleep: the bell is to be rung. False: something has come. */
bool port_arm(struct isolate_port *port);
void port_disarm(struct isolate_port *port);
/* Take what rang. */
void port_quiet(struct isolate_port *port);
