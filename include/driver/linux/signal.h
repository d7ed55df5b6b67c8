/* SPDX-License-Identifier: MIT */
/*
 * Signals by their numbers, and whether the caller has one. What else the system's
 * header has, types of its own, is the C library's here.
 */
#ifndef _EVL_CUSED_LINUX_SIGNAL_H
#define _EVL_CUSED_LINUX_SIGNAL_H

#include <linux/sched/signal.h>
#include <linux/types.h>

#ifndef SIGKILL /* with <signal.h> they are there, and its types in the way */
#define sigaction   __uapi_sigaction
#define sigaltstack __uapi_sigaltstack
#define sigset_t    __uapi_sigset_t
#define stack_t	    __uapi_stack_t
#include <asm/signal.h>
#undef sigaction
#undef sigaltstack
#undef sigset_t
#undef stack_t
#endif

#endif /* _EVL_CUSED_LINUX_SIGNAL_H */
