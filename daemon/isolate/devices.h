/* SPDX-License-Identifier: MIT */
/*
 * Devices of the configuration which a host has. It is said to be their driver as
 * far as the bus is concerned, so nobody else is; it gets their registers, and is
 * told when somebody here raises one of their interrupts.
 *
 * Stage: in-band.
 */
#pragma once

#include "isolate/remote.h"

void devices_init(struct remote *remote);
/* It wants the one which @msg names, and is answered once it has or has not.
 * False: it asks too much. */
bool devices_take(struct remote *remote, const struct isolate_message *msg);
/* It has done with the one of that name. */
void devices_give(struct remote *remote, const char *name);
/* All of them: it is dead, and its lanes not yet detached. */
void devices_give_all(struct remote *remote);
