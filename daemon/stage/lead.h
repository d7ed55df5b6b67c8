/* SPDX-License-Identifier: MIT */
/*
 * The lead of a worker: by how many nanoseconds it asks to be woken before a
 * date, since the kernel wakes it that much late, or later. It follows from how
 * late it was before: in the long run one time in nine it is awake too early, and
 * waits for the date by looking at the clock. Where wake-ups become quicker, it
 * is down within some hundred of them.
 *
 * No lock: the worker's own.
 */
#pragma once

#include <stdint.h>

/* What looking at the clock may cost for each date, at worst. */
#define LEAD_MAX_NS 25000u

/* It was woken @late_ns after what it had asked for. */
static inline uint32_t lead_after(uint32_t lead_ns, uint64_t late_ns)
{
	uint32_t step = lead_ns / 32 + 32;

	if (late_ns < lead_ns)
		return lead_ns > step ? lead_ns - step : 0;

	lead_ns += step / 8;

	return lead_ns < LEAD_MAX_NS ? lead_ns : LEAD_MAX_NS;
}
