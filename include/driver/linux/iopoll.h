/* SPDX-License-Identifier: MIT */
/*
 * Read something again and again until a condition holds. Between two looks the
 * first forms sleep, the _atomic ones keep the CPU busy.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_IOPOLL_H
#define _LINUX_IOPOLL_H

#include <errno.h>
#include <linux/delay.h>
#include <linux/io.h>
#include <linux/ktime.h>

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): variables, an argument list */
#define __read_poll(op, val, cond, pause, timeout_us, pause_first, ...)	\
	__extension__({							\
		u64 __poll_us = (timeout_us);				\
		ktime_t __poll_end = ktime_add_us(ktime_get(), __poll_us); \
		if (pause_first)					\
			pause;						\
		for (;;) {						\
			bool __poll_late = __poll_us &&			\
				ktime_get() > __poll_end;		\
			(val) = op(__VA_ARGS__);			\
			/* A last look was after the end. */		\
			if ((cond) || __poll_late)			\
				break;					\
			pause;						\
		}							\
		(cond) ? 0 : -ETIMEDOUT;				\
	})

/**
 * read_poll_timeout() - read until a condition holds, asleep in between
 * @op:		a function or macro that reads
 * @val:	a variable for what it returns
 * @cond:	the condition, of @val
 * @sleep_us:	at most so many microseconds between two looks; 0: none
 * @timeout_us:	give up after so many; 0: never
 * @sleep_first: true: sleep before the first look, too
 * @...:	arguments of @op
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until @cond holds or @timeout_us have passed.
 *
 * Return: 0, or
 *   -ETIMEDOUT	@cond did not hold at the end; @val is what was read last
 */
#define read_poll_timeout(op, val, cond, sleep_us, timeout_us,		\
			  sleep_first, ...)				\
	__read_poll(op, val, cond, __read_poll_sleep(sleep_us),		\
		    timeout_us, sleep_first, ##__VA_ARGS__)

/* The same, for who must not sleep: any stage. Nothing else of the stage runs
 * meanwhile. */
#define read_poll_timeout_atomic(op, val, cond, delay_us, timeout_us,	\
				 delay_first, ...)			\
	__read_poll(op, val, cond, udelay(delay_us), timeout_us,	\
		    delay_first, ##__VA_ARGS__)
/* NOLINTEND(bugprone-macro-parentheses) */
/* clang-format on */

static inline void __read_poll_sleep(unsigned long sleep_us)
{
	/* A quarter of it at least, as the kernel does. */
	if (sleep_us)
		usleep_range((sleep_us >> 2) + 1, sleep_us);
}

#define readx_poll_timeout(op, addr, val, cond, sleep_us, timeout_us) \
	read_poll_timeout(op, val, cond, sleep_us, timeout_us, false, addr)
#define readx_poll_timeout_atomic(op, addr, val, cond, delay_us, timeout_us) \
	read_poll_timeout_atomic(op, val, cond, delay_us, timeout_us, false, \
				 addr)

#define readb_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readb, addr, val, cond, sleep_us, timeout_us)
#define readw_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readw, addr, val, cond, sleep_us, timeout_us)
#define readl_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readl, addr, val, cond, sleep_us, timeout_us)
#define readq_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readq, addr, val, cond, sleep_us, timeout_us)
#define readl_relaxed_poll_timeout(addr, val, cond, sleep_us, timeout_us) \
	readx_poll_timeout(readl_relaxed, addr, val, cond, sleep_us, timeout_us)

#define readb_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout_atomic(readb, addr, val, cond, delay_us, timeout_us)
#define readw_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout_atomic(readw, addr, val, cond, delay_us, timeout_us)
#define readl_poll_timeout_atomic(addr, val, cond, delay_us, timeout_us) \
	readx_poll_timeout_atomic(readl, addr, val, cond, delay_us, timeout_us)
#define readl_relaxed_poll_timeout_atomic(addr, val, cond, delay_us,        \
					  timeout_us)                       \
	readx_poll_timeout_atomic(readl_relaxed, addr, val, cond, delay_us, \
				  timeout_us)

#endif /* _LINUX_IOPOLL_H */
