/* SPDX-License-Identifier: MIT */
#include <evl/clock.h>

#include "core/timer.h"
#include "kapi/export.h"
#include "stage/call.h"
#include "stage/own-call.h"

#include <errno.h>

static ktime_t read_system(struct evl_clock *clock)
{
	struct timespec now;

	clock_gettime(clock->id, &now);

	return ktime_set(now.tv_sec, (unsigned long)now.tv_nsec);
}

static int set_system(struct evl_clock *clock, ktime_t date)
{
	const struct timespec64 ts = ktime_to_timespec64(date);
	const struct timespec now = {
		.tv_sec = ts.tv_sec,
		.tv_nsec = ts.tv_nsec,
	};

	if (date < 0)
		return -EINVAL;
	if (own_clock_settime(clock->id, &now))
		return -errno;
	timers_clock_set();

	return 0;
}

static int set_gravity(struct evl_clock *clock,
		       const struct evl_clock_gravity *gravity)
{
	if (gravity->irq < 0 || gravity->kernel < 0 || gravity->user < 0)
		return -EINVAL;
	clock->gravity = *gravity;

	return 0;
}

static void reset_gravity(struct evl_clock *clock)
{
	clock->gravity = (struct evl_clock_gravity){ .irq = 0 };
}

EXPORT struct evl_clock evl_mono_clock = {
	.name = "monotonic",
	.id = CLOCK_MONOTONIC,
	.resolution = 1,
	.ops = {
		.read = read_system,
		.set_gravity = set_gravity,
		.reset_gravity = reset_gravity,
	},
};

EXPORT struct evl_clock evl_realtime_clock = {
	.name = "realtime",
	.id = CLOCK_REALTIME,
	.resolution = 1,
	.ops = {
		.read = read_system,
		.set = set_system,
		.set_gravity = set_gravity,
		.reset_gravity = reset_gravity,
	},
};

EXPORT struct evl_clock evl_mono_raw_clock = {
	.name = "monotonic_raw",
	.id = CLOCK_MONOTONIC_RAW,
	.resolution = 1,
	.ops = { .read = read_system },
};

/* A driver's own: of a timer, too, on no fiber. */
static ktime_t call_read(struct evl_clock *clock)
{
	struct stage_call call = {
		.what = "read function of",
		.name = clock->name,
		.func = (const void *)clock->ops.read,
	};
	ktime_t now;

	stage_call_begin(&call);
	now = clock->ops.read(clock);
	stage_call_end(&call);

	return now;
}

EXPORT ktime_t evl_read_clock(struct evl_clock *clock)
{
	if (clock->ops.read == read_system)
		return read_system(clock);

	return call_read(clock);
}

EXPORT int evl_set_clock_time(struct evl_clock *clock, ktime_t date)
{
	return clock->ops.set ? clock->ops.set(clock, date) : -EOPNOTSUPP;
}

EXPORT int evl_set_clock_gravity(struct evl_clock *clock,
				 const struct evl_clock_gravity *gravity)
{
	return clock->ops.set_gravity ? clock->ops.set_gravity(clock, gravity)
				      : -EOPNOTSUPP;
}

EXPORT void evl_reset_clock_gravity(struct evl_clock *clock)
{
	if (clock->ops.reset_gravity)
		clock->ops.reset_gravity(clock);
}

EXPORT struct evl_clock *evl_get_clock_by_fd(int efd)
{
	struct evl_clock *const clocks[] = {
		&evl_mono_clock,
		&evl_realtime_clock,
		&evl_mono_raw_clock,
	};

	for (unsigned int i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		if (efd == -clocks[i]->id)
			return clocks[i];

	return NULL;
}
