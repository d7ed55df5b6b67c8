/* SPDX-License-Identifier: MIT */
/* Source: driver-api 6 */
#ifndef _EVL_CONTROL_H
#define _EVL_CONTROL_H

#include <stdbool.h>
#include <uapi/evl/control.h>

/* Does the core run? A driver is loaded by nobody else. */
static inline bool evl_is_running(void)
{
	return true;
}

#endif /* _EVL_CONTROL_H */
