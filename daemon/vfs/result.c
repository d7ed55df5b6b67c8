/* SPDX-License-Identifier: MIT */
#include "vfs/result.h"

#include <linux/errno.h>

/* Known inside the kernel only, and to drivers by other names, if at all. */
#define ERESTARTNOINTR	      513
#define ERESTARTNOHAND	      514
#define ERESTART_RESTARTBLOCK 516

ssize_t result_translate(ssize_t ret)
{
	switch (ret) {
	case -ERESTARTSYS:
	case -ERESTARTNOINTR:
	case -ERESTARTNOHAND:
	case -ERESTART_RESTARTBLOCK:
		return -EINTR;
	case -ENOIOCTLCMD:
		return -ENOTTY;
	case -ENOTSUPP:
		return -EOPNOTSUPP;
	default:
		return -EIO;
	}
}
