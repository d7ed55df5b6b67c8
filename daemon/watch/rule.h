/* SPDX-License-Identifier: MIT */
/*
 * The golden rule as far as system calls go: a worker which makes one that is
 * not the daemon's own is held by the kernel until the watching thread has
 * looked whose handler runs there, counted and told it, and let the call pass or
 * fail.
 */
#pragma once

struct watched;

/* In-band, before the workers install it. -errno: it cannot be had. */
int rule_start(void);
/* In-band, when no worker is left that installed it. */
void rule_stop(void);

/* For the calling thread, a worker, for good. The descriptor which tells of its
 * system calls, or -errno. */
int rule_install(void);

/* A system call of @w is there to be decided. On the watching thread. */
void rule_take(struct watched *w);
