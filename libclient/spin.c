/* SPDX-License-Identifier: MIT */
/*
 * How long to spin: a moving average per kind of call, since one thread may
 * well alternate between a register access of 300 ns and a wait for the next
 * millisecond, and each deserves its own answer.
 */
#include <wire/channel.h>
#include "spin.h"

/* Added to twice the average, so that a fast kind of call can grow slower. */
#define SPIN_MARGIN_NS 2000u

void spin_init(struct spin *spin, uint32_t mode, uint64_t cap_ns,
	       int32_t worker_cpu, bool pointless, uint64_t rttime_ns)
{
	*spin = (struct spin){
		.mode = mode,
		.worker_cpu = worker_cpu,
		.cap_ns = cap_ns < UINT32_MAX / 4 ? cap_ns : UINT32_MAX / 4,
		.budget_ns = SPIN_FOREVER,
		.pointless = pointless,
	};

	if (rttime_ns != SPIN_FOREVER) {
		spin->budget_ns = rttime_ns / 4;
		if (spin->cap_ns > spin->budget_ns)
			spin->cap_ns = spin->budget_ns;
	}

	/* Unknown yet: half the cap is worth a try. */
	for (unsigned int i = 0; i <= SPIN_ESTIMATES; i++)
		spin->estimates[i] = (uint32_t)spin->cap_ns / 4;
}

/* Replies of this kind take too long to spin for, but times change. */
static uint64_t window_hopeless(struct spin *spin)
{
	if (++spin->nr_hopeless % SPIN_PROBE_CALLS)
		return 0;

	return spin->cap_ns;
}

static uint64_t window_adaptive(struct spin *spin, uint32_t estimate)
{
	uint64_t window = 2 * (uint64_t)estimate + SPIN_MARGIN_NS;

	if (estimate >= spin->cap_ns)
		return window_hopeless(spin);

	return window < spin->cap_ns ? window : spin->cap_ns;
}

void spin_begin(struct spin *spin, struct spin_try *try, uint32_t key, int cpu,
		bool asleep)
{
	uint64_t window = 0;

	try->estimate = &spin->estimates[asleep ? SPIN_ESTIMATES
						: key % SPIN_ESTIMATES];

	if (spin->pointless || cpu == spin->worker_cpu)
		goto out;

	if (spin->mode == CHANNEL_SPIN_ALWAYS)
		window = spin->cap_ns;
	else if (spin->mode == CHANNEL_SPIN_ADAPTIVE)
		window = window_adaptive(spin, *try->estimate);

	if (spin->budget_ns != SPIN_FOREVER) {
		if (spin->burnt_ns >= spin->budget_ns)
			window = 0;
		else if (window > spin->budget_ns - spin->burnt_ns)
			window = spin->budget_ns - spin->burnt_ns;
	}
out:
	try->window_ns = window;
}

void spin_learn(struct spin *spin, struct spin_try *try, uint64_t took_ns,
		uint64_t spun_ns, bool slept)
{
	/* One wait of an hour must not count for ever. */
	uint64_t most = 4 * spin->cap_ns;

	if (took_ns > most)
		took_ns = most;

	/* As in spin_won_briefly(). */
	if (!slept && *try->estimate >= spin->cap_ns)
		*try->estimate = (uint32_t)(spin->cap_ns / 2);
	else
		*try->estimate =
			(uint32_t)(((uint64_t)*try->estimate * 7 + took_ns) /
				   8);

	spin->burnt_ns = slept ? 0 : spin->burnt_ns + spun_ns;
}
