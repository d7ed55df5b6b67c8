/* SPDX-License-Identifier: MIT */
#include "own-clock.h"

#include "thread-rig.h"

ktime_t own_now;

static ktime_t read_now(struct evl_clock *clock)
{
	return own_now;
}

struct evl_clock own_clock = {
	.name = "test",
	.ops = { .read = read_now },
};

void own_clock_pass(ktime_t date)
{
	own_now = date * UNIT;
	rig_pass_time(UINT64_C(100000000000000));
}
