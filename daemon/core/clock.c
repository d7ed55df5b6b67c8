/* SPDX-License-Identifier: MIT */
#include <evl/clock.h>

#include "kapi/export.h"

EXPORT struct evl_clock evl_mono_clock = {
	.name = "monotonic",
	.id = CLOCK_MONOTONIC,
};

EXPORT struct evl_clock evl_realtime_clock = {
	.name = "realtime",
	.id = CLOCK_REALTIME,
};

EXPORT ktime_t evl_read_clock(struct evl_clock *clock)
{
	struct timespec now;

	clock_gettime(clock->id, &now);

	return ktime_set(now.tv_sec, (unsigned long)now.tv_nsec);
}
