/* SPDX-License-Identifier: MIT */
/*
 * The report of a crash, before the daemon goes down as it would without: whose
 * driver, which of its handlers, for whom, where, and how it came there. SIGFPE,
 * SIGILL and SIGABRT are taken here, SIGSEGV and SIGBUS come from the guard.
 *
 * Runs in a signal handler, on an alternate stack: no allocation, no lock; the
 * names of functions are those kapi/image.h has beforehand. What may fault
 * comes last, on a thread whose stack may be anything.
 *
 * Stage: any.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* In-band, once. */
void crash_start(void);
/* One was met, which ends the daemon: whatever is needed to tell of it is
 * allowed. Any thread. */
bool crash_met(void);
/* In a handler of signal @sig, which is going to end the process. */
void crash_report(int sig, const siginfo_t *info, void *uc);
