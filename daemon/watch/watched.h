/* SPDX-License-Identifier: MIT */
/*
 * A worker as those see it who keep an eye on it. One for each, from
 * watch_start() to watch_stop().
 */
#pragma once

#include "watch/sighting.h"
#include "watch/watchdog.h"

#include <stdatomic.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

struct stage;

struct watched {
	/* Written by the worker as it lets itself be watched: */
	struct stage *stage;
	pid_t tid;
	clockid_t cpu_clock; /* the time it had */
	int error;	     /* of rule_install(), 0 or -errno */
	/* Owned: tells of its system calls; -1: not, or not yet. Release and
	 * acquire: what is above. */
	_Atomic(int) listener;
	/* The watching thread's: */
	struct watchdog_eye eye;
	struct sighting sighting;
	uint64_t asked_ns;	/* for that; 0: nothing is asked */
	struct sight culprit;	/* who was barked at last */
	uint64_t kept_since_ns; /* by that one */
};
