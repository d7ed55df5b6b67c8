/* SPDX-License-Identifier: MIT */
/*
 * Errands: what only a client can do for itself, and its library does on its
 * control thread when we ask. A handler's fiber sleeps meanwhile. A client may
 * never answer: it keeps its own handler waiting, until it is interrupted or
 * the client gone.
 *
 * Stage: in-band.
 */
#pragma once

#include "wire/control.h"

struct client;

/* Have the calling process do it, and wait. -EOPNOTSUPP: it has no library;
 * -EINTR; or what it says. */
int errand_run(const struct control_errand *body);

/* From the client: */
void errand_done(struct client *client, const struct control_errand_done *done);
/* It has done errand @number by other means. -ENOENT: nobody waits for it. */
int errand_answer(struct client *client, uint32_t number, int result);
/* It left: nobody will do its errands. */
void errand_client_left(struct client *client);
