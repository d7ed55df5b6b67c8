/* SPDX-License-Identifier: MIT */
/*
 * Whether a thread spins for an answer before it sleeps, and for how long.
 * One of these belongs to each attached thread, which alone touches it.
 *
 * Spinning gains the 10 us of a futex sleep and burns the CPU meanwhile, so it
 * must be bounded: never when the worker could not run anyway (one CPU, or the
 * worker's CPU is ours), otherwise for a window which follows the times this
 * kind of call took before. RLIMIT_RTTIME kills a SCHED_FIFO thread which does
 * not sleep for that long: a thread spins a quarter of it, then must sleep.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SPIN_FOREVER UINT64_MAX

/* Looks at the answer before the clock is read for the first time, and
 * between two later readings. */
#define SPIN_BRIEF_ROUNDS 100u
#define SPIN_CLOCK_ROUNDS 32u

#define SPIN_ESTIMATES	  32u
#define SPIN_PROBE_CALLS  16u

struct spin {
	/* Constant while attached. */
	uint32_t mode;	    /* enum channel_spin */
	int32_t worker_cpu; /* -1: not pinned */
	uint64_t cap_ns;
	uint64_t budget_ns; /* between two sleeps; SPIN_FOREVER: no limit */
	bool pointless;	    /* one CPU for both sides */
	/* Changing. */
	uint32_t nr_hopeless; /* calls we did not spin for */
	uint64_t burnt_ns;    /* since the last sleep */
	/* What calls took lately: by descriptor and operation, and last the
	 * calls which found the worker asleep. */
	uint32_t estimates[SPIN_ESTIMATES + 1];
};

/* One call's part. */
struct spin_try {
	uint32_t *estimate;
	uint64_t window_ns; /* 0: do not spin */
};

/* @rttime_ns: RLIMIT_RTTIME of the process, SPIN_FOREVER for none. */
void spin_init(struct spin *spin, uint32_t mode, uint64_t cap_ns,
	       int32_t worker_cpu, bool pointless, uint64_t rttime_ns);

/* A call of kind @key begins, on @cpu. @asleep: the worker has to wake up. */
void spin_begin(struct spin *spin, struct spin_try *try, uint32_t key, int cpu,
		bool asleep);

/* It was answered within the brief rounds. */
static inline void spin_won_briefly(struct spin *spin, struct spin_try *try)
{
	uint32_t estimate = *try->estimate;

	/* A probe which won tells more than the failures before it. */
	if (estimate >= spin->cap_ns)
		*try->estimate = (uint32_t)spin->cap_ns / 2;
	else
		*try->estimate = estimate - estimate / 8;

	spin->burnt_ns += 1000; /* about */
}

/* It took @took_ns, @spun_ns of which we spun; @slept: we slept meanwhile. */
void spin_learn(struct spin *spin, struct spin_try *try, uint64_t took_ns,
		uint64_t spun_ns, bool slept);

/* Tell the CPU that we spin. */
static inline void spin_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__) || defined(__arm__)
	__asm__ volatile("yield" ::: "memory");
#else
	__asm__ volatile("" ::: "memory");
#endif
}
