/* SPDX-License-Identifier: MIT */
/* local_bh_disable() and local_bh_enable().
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_BOTTOM_HALF_H
#define _LINUX_BOTTOM_HALF_H

#include <linux/preempt.h>

#endif /* _LINUX_BOTTOM_HALF_H */
