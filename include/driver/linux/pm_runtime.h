/* SPDX-License-Identifier: MIT */
/*
 * Devices are always on, as in a kernel without CONFIG_PM. Any stage; none of
 * these block.
 *
 * Source: driver-api 5.4; as in Linux 6.6 without CONFIG_PM
 */
#ifndef _LINUX_PM_RUNTIME_H
#define _LINUX_PM_RUNTIME_H

#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/pm.h>
#include <stdbool.h>

struct device;

/* clang-format off */
#define __PM_RUNTIME_INT(name, value)					\
	static inline int name(struct device *dev)			\
	{								\
		(void)dev;						\
									\
		return value;						\
	}
#define __PM_RUNTIME_VOID(name)						\
	static inline void name(struct device *dev)			\
	{								\
		(void)dev;						\
	}
/* clang-format on */

/* 1: it is on already; -ENOSYS: it cannot be switched off. */
__PM_RUNTIME_INT(pm_runtime_get, 1)
__PM_RUNTIME_INT(pm_runtime_get_sync, 1)
__PM_RUNTIME_INT(pm_runtime_resume, 1)
__PM_RUNTIME_INT(pm_runtime_resume_and_get, 0)
__PM_RUNTIME_INT(pm_runtime_put, -ENOSYS)
__PM_RUNTIME_INT(pm_runtime_put_sync, -ENOSYS)
__PM_RUNTIME_INT(pm_runtime_put_autosuspend, -ENOSYS)
__PM_RUNTIME_INT(pm_runtime_suspend, -ENOSYS)
__PM_RUNTIME_INT(pm_runtime_set_active, 0)
__PM_RUNTIME_INT(devm_pm_runtime_enable, 0)
__PM_RUNTIME_VOID(pm_runtime_enable)
__PM_RUNTIME_VOID(pm_runtime_disable)
__PM_RUNTIME_VOID(pm_runtime_set_suspended)
__PM_RUNTIME_VOID(pm_runtime_get_noresume)
__PM_RUNTIME_VOID(pm_runtime_put_noidle)
__PM_RUNTIME_VOID(pm_runtime_use_autosuspend)
__PM_RUNTIME_VOID(pm_runtime_dont_use_autosuspend)
__PM_RUNTIME_VOID(pm_runtime_mark_last_busy)

static inline void pm_runtime_set_autosuspend_delay(struct device *dev,
						    int delay)
{
	(void)dev;
	(void)delay;
}

static inline bool pm_runtime_suspended(struct device *dev)
{
	(void)dev;

	return false;
}

#endif /* _LINUX_PM_RUNTIME_H */
