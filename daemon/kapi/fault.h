/* SPDX-License-Identifier: MIT */
/*
 * Whose a fault is: of who called a driver's handler, which followed a pointer of
 * the caller's, or the driver's own. Judged by the address, in the signal
 * handler: no allocation, no lock.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

struct guard_call;

/* Did it follow a pointer which comes from who made @call, rather than from the
 * driver? Where to, in *r_addr. */
bool fault_is_callers(const struct guard_call *call, const siginfo_t *info,
		      const void *uc, unsigned long *r_addr);

/* Has the processor told the address of a SIGSEGV or SIGBUS of its own? */
bool fault_is_told(const void *uc);
