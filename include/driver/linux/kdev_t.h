/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_KDEV_T_H
#define _LINUX_KDEV_T_H

#include <linux/types.h>

/* Device numbers as the kernel packs them: 12 bits major, 20 bits minor. */
#define MINORBITS     20
#define MINORMASK     ((1U << MINORBITS) - 1)

#define MAJOR(dev)    ((unsigned int)((dev) >> MINORBITS))
#define MINOR(dev)    ((unsigned int)(MINORMASK & (dev)))
#define MKDEV(ma, mi) (((__kernel_dev_t)(ma) << MINORBITS) | (mi))

#endif /* _LINUX_KDEV_T_H */
