/* SPDX-License-Identifier: MIT */
/*
 * The conversation with one client over its control connection, as
 * wire/control.h has it. Every request runs on an in-band fiber of its own.
 *
 * Stage: in-band.
 */
#pragma once

#include <stddef.h>

struct client;
struct control_message;

/* Read what @client sends from now on. */
void control_watch(struct client *client);
/* Send it something it has not asked for. */
void control_send(struct client *client, const struct control_message *msg,
		  size_t size);
