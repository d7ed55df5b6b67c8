/* SPDX-License-Identifier: MIT */
/*
 * What the sampler of the quickstart sends through its cross-buffer, and the
 * viewer reads: one of these for each time it woke up.
 */
#pragma once

#include <assert.h>
#include <stdint.h>

#define DEMO_NAME "quickstart"

struct demo_sample {
	uint64_t seq;	  /* from 0; a gap: samples nobody had room for */
	uint64_t due_ns;  /* on CLOCK_MONOTONIC */
	uint64_t late_ns; /* how much later it was when we ran */
	uint32_t flags;	  /* DEMO_* */
	uint32_t reserved;
};

#define DEMO_REALTIME 1u /* the sampler runs SCHED_FIFO */

static_assert(sizeof(struct demo_sample) == 32, "both sides have it so");
