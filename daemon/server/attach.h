/* SPDX-License-Identifier: MIT */
/* Attaching threads of a client to slots of its channels. In-band fibers. */
#pragma once

#include "wire/control.h"

struct client;

/* In and out: @attach. Errors as wire/control.h has them. */
int attach_thread(struct client *client, struct control_attach *attach);
int detach_thread(struct client *client, const struct control_slot *where);
