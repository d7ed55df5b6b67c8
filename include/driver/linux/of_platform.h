/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.4 */
#ifndef _LINUX_OF_PLATFORM_H
#define _LINUX_OF_PLATFORM_H

#include <linux/of.h>
#include <linux/platform_device.h>

#endif /* _LINUX_OF_PLATFORM_H */
