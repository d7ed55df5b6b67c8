/* SPDX-License-Identifier: MIT */
/*
 * Keeping an eye on drivers: a thread of its own, which looks at the workers
 * from outside. It decides on system calls that break the golden rule (rule.h),
 * and tells of handlers which keep a worker for too long (watchdog.h).
 *
 * Not the in-band stage: that may be waiting for a lock which a worker has, and
 * the worker for a decision. This thread waits for nothing a worker may have.
 */
#pragma once

#include "kapi/golden-rule.h"

struct stage;
struct watched;

struct watch_config {
	enum golden_rule rule;
	unsigned int watchdog_ms; /* 0: none */
};

/* In-band, once the workers have been started, before drivers are loaded. What
 * cannot be had is logged, with the remedy, and done without. 0 or -errno. */
int watch_start(const struct watch_config *config);
/* In-band, once the workers' threads have ended. */
void watch_stop(void);

/* What is being watched. Any thread, once started. */
bool watch_syscalls(void);
bool watch_hogs(void);

/* The thread looks now. Any thread, signal handlers too. */
void watch_wake(void);
/* NULL: it is not a worker's. Any thread, signal handlers too. */
struct watched *watched_of(const struct stage *stage);
