/* SPDX-License-Identifier: MIT */
/*
 * Who wants a name that is taken, though by one who is going. A process that
 * ended is gone for its parent before we have dealt with what it left: a
 * program started anew must find its names free, as it would in the kernel.
 *
 * Stage: in-band.
 */
#pragma once

#include "core/element.h"

/*
 * Sleep until no element of @fac has @name, if whoever has it is going.
 *
 * From a fiber. Blocks: as long as its release handlers, a second at most.
 * Return: 0, -EEXIST it stays (or takes too long), -EINTR.
 */
int namesake_await(struct evl_factory *fac, const char *name);
