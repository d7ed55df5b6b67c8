/* SPDX-License-Identifier: MIT */
/* What a caller may do: anything, or nothing beyond what its file lets it.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _EVL_CUSED_LINUX_CAPABILITY_H
#define _EVL_CUSED_LINUX_CAPABILITY_H

#include_next <linux/capability.h>

#include <linux/sched.h>
#include <stdbool.h>
#include <sys/auxv.h>

/*
 * capable() - is the caller root, or who runs the daemon?
 * Its capabilities are not known here. Who works for nobody may do anything.
 * Stage: any. Blocks: no.
 */
static inline bool capable(int cap)
{
	uid_t uid = current->uid;

	(void)cap;

	return uid == 0 || uid == (uid_t)getauxval(AT_EUID);
}

#endif /* _EVL_CUSED_LINUX_CAPABILITY_H */
