/* SPDX-License-Identifier: MIT */
/* What of a device its attributes hang on. Nothing else has one here.
 * Source: driver-api 5.2; as in Linux 6.6 */
#ifndef _LINUX_KOBJECT_H
#define _LINUX_KOBJECT_H

#include <linux/sysfs.h>

struct kobject {
	unsigned int unused; /* it is known by its address */
};

#endif /* _LINUX_KOBJECT_H */
