/* SPDX-License-Identifier: MIT */
#include "watch/watchdog.h"

#include "stage/clock.h"

#define MS UINT64_C(1000000)

/* What it runs is new to us, or as good as new. */
static void start_again(struct watchdog_eye *eye,
			const struct watchdog_sample *sample)
{
	*eye = (struct watchdog_eye){
		.last_ns = sample->now_ns,
		.since_ns = sample->now_ns,
		.cpu_ns = sample->cpu_ns,
		.turn = sample->turn,
		.busy = sample->busy,
	};
}

/* Has it had the CPU? Or is it asleep in the kernel, as it wanted? */
static bool is_its_own_doing(const struct watchdog_eye *eye,
			     const struct watchdog_sample *sample,
			     uint64_t limit_ns)
{
	uint64_t cpu_ns = sample->cpu_ns - eye->cpu_ns;

	return cpu_ns >= limit_ns ||
	       cpu_ns >= (sample->now_ns - eye->since_ns) / 2 ||
	       sample->state == 'S' || sample->state == 'D';
}

enum watchdog_verdict watchdog_look(struct watchdog_eye *eye,
				    const struct watchdog_sample *sample,
				    uint64_t limit_ns)
{
	/* Late: whatever held us up may have held up the worker, too. */
	bool late = sample->now_ns - eye->last_ns > limit_ns;
	bool barked = eye->barked;

	eye->last_ns = sample->now_ns;
	if (sample->turn != eye->turn || !sample->busy || !eye->busy) {
		start_again(eye, sample);
		return barked ? WATCHDOG_OVER : WATCHDOG_FINE;
	}
	if (barked)
		return WATCHDOG_FINE;
	if (late) {
		start_again(eye, sample);
		return WATCHDOG_FINE;
	}
	if (sample->now_ns - eye->since_ns < limit_ns)
		return WATCHDOG_FINE;

	if (is_its_own_doing(eye, sample, limit_ns)) {
		eye->barked = true;
		return WATCHDOG_BARK;
	}
	/* Stopped, as by a debugger, it is not starved either. */
	if (eye->starved || sample->state != 'R')
		return WATCHDOG_FINE;
	eye->starved = true;

	return WATCHDOG_STARVED;
}

uint64_t watchdog_pause(const struct watchdog_eye *eye, uint64_t limit_ns)
{
	uint64_t pause = limit_ns / (eye->busy ? 4 : 2);

	/* To tell how long it took. */
	if (eye->barked && pause > 10 * MS)
		pause = 10 * MS;

	return pause > MS ? pause : MS;
}
