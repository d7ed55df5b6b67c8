/* SPDX-License-Identifier: MIT */
/* Which stage the caller is on.
 * Source: driver-api 1, 2.12 */
#ifndef _LINUX_IRQSTAGE_H
#define _LINUX_IRQSTAGE_H

#include <stdbool.h>

/**
 * running_oob() - is the caller on an out-of-band stage?
 *
 * Stage:  any.
 * Blocks: no.
 */
bool running_oob(void);

/* Is the caller on the in-band stage? */
static inline bool running_inband(void)
{
	return !running_oob();
}

#endif /* _LINUX_IRQSTAGE_H */
