/* SPDX-License-Identifier: MIT */
#include <linux/compat.h>

#include "kapi/export.h"
#include "kapi/task.h"

EXPORT bool in_compat_syscall(void)
{
	return task_current()->compat;
}

/* As a 64-bit process would pass it. */
static unsigned long wide(unsigned long arg)
{
	return (unsigned long)compat_ptr((compat_uptr_t)arg);
}

EXPORT long compat_ptr_ioctl(struct file *filp, unsigned int cmd,
			     unsigned long arg)
{
	if (filp->f_op->unlocked_ioctl == NULL)
		return -ENOIOCTLCMD;

	return filp->f_op->unlocked_ioctl(filp, cmd, wide(arg));
}

EXPORT long compat_ptr_oob_ioctl(struct file *filp, unsigned int cmd,
				 unsigned long arg)
{
	if (filp->f_op->oob_ioctl == NULL)
		return -ENOIOCTLCMD;

	return filp->f_op->oob_ioctl(filp, cmd, wide(arg));
}
