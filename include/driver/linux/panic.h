/* SPDX-License-Identifier: MIT */
/* Giving up, and telling where one is.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_PANIC_H
#define _LINUX_PANIC_H

#include <linux/compiler.h>

/**
 * dump_stack() - write to the log who called whom
 *
 * Stage:  any; out-of-band it may take long.
 * Blocks: no.
 */
void dump_stack(void);

/**
 * panic() - end the daemon
 * @fmt:	as for printf(): what it says in the log
 *
 * It dies as by BUG(): of a trap, with a backtrace. An isolated driver's process
 * does, and takes its own nodes with it only.
 *
 * Stage:  any.
 * Blocks: does not return.
 */
void panic(const char *fmt, ...) __printf(1, 2) __cold __noreturn;

#endif /* _LINUX_PANIC_H */
