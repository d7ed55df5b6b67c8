/* SPDX-License-Identifier: MIT */
/*
 * What drivers check while they are being debugged, and how EVL's own lines in
 * the log begin. A check of subsystem FOO counts if CONFIG_EVL_DEBUG_FOO is 1.
 *
 * Source: driver-api 2.19
 */
#ifndef _EVL_ASSERT_H
#define _EVL_ASSERT_H

#include <evl/sched.h>
#include <linux/bug.h>
#include <linux/kconfig.h>
#include <linux/printk.h>

#define EVL_INFO	  KERN_INFO "EVL: "
#define EVL_WARNING	  KERN_WARNING "EVL: "
#define EVL_ERR		  KERN_ERR "EVL: "

#define EVL_DEBUG(subsys) IS_ENABLED(CONFIG_EVL_DEBUG_##subsys)

/* A false @cond ends the daemon. */
/* clang-format off */
#define EVL_ASSERT(subsys, cond)					\
	do {								\
		if (EVL_DEBUG(subsys))					\
			BUG_ON(!(cond));				\
	} while (0)
/* clang-format on */

/* The condition, which is told in the log if it is true and checks count. */
#define EVL_WARN(subsys, cond, ...) \
	(EVL_DEBUG(subsys) && WARN(cond, __VA_ARGS__))
#define EVL_WARN_ON(subsys, cond)      (EVL_DEBUG(subsys) && WARN_ON(cond))
#define EVL_WARN_ON_ONCE(subsys, cond) (EVL_DEBUG(subsys) && WARN_ON_ONCE(cond))

#define oob_context_only()	       EVL_WARN_ON_ONCE(CONTEXT, running_inband())
#define inband_context_only()	       EVL_WARN_ON_ONCE(CONTEXT, running_oob())
#define assert_hard_lock(lock)	       EVL_WARN_ON_ONCE(CORE, !raw_spin_is_locked(lock))

#endif /* _EVL_ASSERT_H */
