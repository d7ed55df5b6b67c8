/* SPDX-License-Identifier: MIT */
/* Power management, which nobody here asks for: none of these is called.
 * Source: driver-api 5.4; as in Linux 6.6 without CONFIG_PM */
#ifndef _LINUX_PM_H
#define _LINUX_PM_H

#include <stddef.h>

struct device;

struct dev_pm_ops {
	int (*prepare)(struct device *dev);
	void (*complete)(struct device *dev);
	int (*suspend)(struct device *dev);
	int (*resume)(struct device *dev);
	int (*freeze)(struct device *dev);
	int (*thaw)(struct device *dev);
	int (*poweroff)(struct device *dev);
	int (*restore)(struct device *dev);
	int (*suspend_late)(struct device *dev);
	int (*resume_early)(struct device *dev);
	int (*suspend_noirq)(struct device *dev);
	int (*resume_noirq)(struct device *dev);
	int (*runtime_suspend)(struct device *dev);
	int (*runtime_resume)(struct device *dev);
	int (*runtime_idle)(struct device *dev);
};

#define SET_SYSTEM_SLEEP_PM_OPS(suspend_fn, resume_fn)
#define SET_RUNTIME_PM_OPS(suspend_fn, resume_fn, idle_fn)
/* These have the functions looked at, and so not unused. */
#define SYSTEM_SLEEP_PM_OPS(suspend_fn, resume_fn) \
	.suspend = (suspend_fn), .resume = (resume_fn),
#define RUNTIME_PM_OPS(suspend_fn, resume_fn, idle_fn)                  \
	.runtime_suspend = (suspend_fn), .runtime_resume = (resume_fn), \
	.runtime_idle = (idle_fn),

/* NOLINTBEGIN(bugprone-macro-parentheses): names */
#define SIMPLE_DEV_PM_OPS(name, suspend_fn, resume_fn)  \
	const struct dev_pm_ops __attribute__((unused)) \
	name = { SET_SYSTEM_SLEEP_PM_OPS(suspend_fn, resume_fn) }
#define DEFINE_SIMPLE_DEV_PM_OPS(name, suspend_fn, resume_fn) \
	const struct dev_pm_ops __attribute__((unused))       \
	name = { SYSTEM_SLEEP_PM_OPS(suspend_fn, resume_fn) }
/* NOLINTEND(bugprone-macro-parentheses) */

#define pm_ptr(ptr)	  (1 ? NULL : (ptr))
#define pm_sleep_ptr(ptr) pm_ptr(ptr)

#endif /* _LINUX_PM_H */
