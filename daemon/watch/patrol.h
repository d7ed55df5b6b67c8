/* SPDX-License-Identifier: MIT */
/*
 * The watchdog at work: looks at a worker now and then, has that judged, and
 * tells of it.
 *
 * On the watching thread, which must not allocate.
 */
#pragma once

#include <stdint.h>

struct watched;

void patrol_look(struct watched *w, uint64_t limit_ns);
/* How long until the next look at @w. */
uint64_t patrol_pause(const struct watched *w, uint64_t limit_ns);
