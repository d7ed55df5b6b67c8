/* SPDX-License-Identifier: MIT */
/*
 * The watchdog's judgement: from what is seen of a worker now and then, whether
 * something keeps it for longer than it may. Time passes by the samples alone.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* A worker at one moment. */
struct watchdog_sample {
	uint64_t now_ns;
	uint64_t cpu_ns; /* the time it has had */
	uint32_t turn;	 /* of its stage */
	bool busy;  /* something runs in that turn; if not, the rest is 0 */
	char state; /* as in /proc/PID/stat: 'R', 'S' ... */
};

/* What is remembered of it. */
struct watchdog_eye {
	uint64_t last_ns;  /* the last sample */
	uint64_t since_ns; /* the first one of this turn */
	uint64_t cpu_ns;   /* as of then */
	uint32_t turn;
	bool busy;
	bool barked;  /* that it is kept for too long */
	bool starved; /* that it does not get the CPU */
};

enum watchdog_verdict {
	WATCHDOG_FINE,
	WATCHDOG_BARK,	  /* what runs has kept it for too long */
	WATCHDOG_STARVED, /* it would go on if the kernel let it */
	WATCHDOG_OVER,	  /* what was barked at has given way */
};

/* Each but the first is returned once in a turn. */
enum watchdog_verdict watchdog_look(struct watchdog_eye *eye,
				    const struct watchdog_sample *sample,
				    uint64_t limit_ns);

/* How long until the next look. */
uint64_t watchdog_pause(const struct watchdog_eye *eye, uint64_t limit_ns);
