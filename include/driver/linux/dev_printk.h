/* SPDX-License-Identifier: MIT */
/* dev_info() and its like.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_DEV_PRINTK_H
#define _LINUX_DEV_PRINTK_H

#include <linux/device.h>

#endif /* _LINUX_DEV_PRINTK_H */
