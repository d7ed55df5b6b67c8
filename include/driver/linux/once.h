/* SPDX-License-Identifier: MIT */
/* printk_once() and its like.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_ONCE_H
#define _LINUX_ONCE_H

#include <linux/printk.h>

#endif /* _LINUX_ONCE_H */
