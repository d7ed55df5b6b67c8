/* SPDX-License-Identifier: MIT */
/*
 * A worker waits for a date in the kernel, which is always late. So it asks for
 * an earlier one, by its lead (lead.h), unless it is to save cycles (--spin=never):
 * the rest of the time, a few microseconds if any, it looks at the clock, in its
 * loop.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct epoll_event;
struct oob_worker;

/* Wait for events, until @date at most. Returns how many came, or -1. */
int oob_await(struct oob_worker *worker, uint64_t date,
	      struct epoll_event *events, int room);
/* Is @date so near that to be woken for it would take longer? */
bool oob_is_imminent(const struct oob_worker *worker, uint64_t date);
