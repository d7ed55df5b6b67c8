/* SPDX-License-Identifier: MIT */
/*
 * What a host asks for by a message and what may take a while: done on a fiber of
 * its own.
 *
 * Stage: in-band.
 */
#pragma once

#include "isolate/remote.h"

/* Have @func called from a fiber, with a copy of @msg. False: the host has asked
 * for too much. */
bool order_run(struct remote *remote, const struct isolate_message *msg,
	       void (*func)(struct remote *remote,
			    const struct isolate_message *msg));
