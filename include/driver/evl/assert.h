/* SPDX-License-Identifier: MIT */
/*
 * What should always be so, and is told in the log if it is not. SUBSYS is one
 * of the core's options there: here all of them are on.
 *
 * Source: driver-api 2.19
 */
#ifndef _EVL_ASSERT_H
#define _EVL_ASSERT_H

#include <evl/prelude.h>
#include <evl/sched.h>
#include <linux/bug.h>
#include <linux/irqflags.h>
#include <linux/spinlock.h>

#ifndef EVL_INFO
#define EVL_INFO    KERN_INFO "EVL: "
#define EVL_WARNING KERN_WARNING "EVL: "
#define EVL_ERR	    KERN_ERR "EVL: "
#endif

#define EVL_DEBUG(subsys) 1

/* Is @cond true? It should be. */
#define EVL_ASSERT(subsys, cond) (!WARN(!(cond), "not so: %s\n", #cond))

/* Is @cond true? It should not be. */
#define EVL_WARN(subsys, cond, ...)    WARN(cond, __VA_ARGS__)
#define EVL_WARN_ON(subsys, cond)      WARN_ON(cond)
#define EVL_WARN_ON_ONCE(subsys, cond) WARN_ON_ONCE(cond)

/* Where the caller should be, or what it should hold. Told once a place. */
#define oob_context_only()     ((void)WARN_ON_ONCE(running_inband()))
#define inband_context_only()  ((void)WARN_ON_ONCE(running_oob()))
#define assert_hard_lock(lock) ((void)WARN_ON_ONCE(!raw_spin_is_locked(lock)))
#define assert_evl_lock(lock)  assert_hard_lock(&(lock)->_lock)

#endif /* _EVL_ASSERT_H */
