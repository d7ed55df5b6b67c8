/* SPDX-License-Identifier: MIT */
/*
 * May a client have one more of what all clients share? Counted when it is
 * asked for, over the clients there are: what a client had is free when the
 * client is. What is refused is said in the log, now and then.
 *
 *	-EDQUOT	the process, or its user, has its share (base/share.h)
 *	-EAGAIN	all is taken, but for what is kept for root and for tools
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>

struct client;

/* A place for @client, which is not among the others yet. */
int quota_connect(const struct client *client);
/* It is among them, and now we know what it wants to be. */
int quota_join(const struct client *client, bool tool);
/* One more channel. */
int quota_channel(const struct client *client);
