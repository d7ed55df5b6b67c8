/* SPDX-License-Identifier: MIT */
/*
 * What /dev/gpio-sim has beside the ioctls of <linux/gpio.h>: the other end of
 * its lines. By ioctl() or oob_ioctl().
 */
#ifndef _EVL_UAPI_DEVICES_GPIO_SIM_H
#define _EVL_UAPI_DEVICES_GPIO_SIM_H

#include <linux/ioctl.h>
#include <linux/types.h>

struct gpio_sim_level {
	__u32 offset; /* which line */
	__u32 level;  /* 0 or 1, whatever is active */
};

#define GPIO_SIM_IOC_BASE 'G'

/* Pull a line up or down from outside. Where nobody drives it, that is an edge.
 * EINVAL: no such line, or level. */
#define GPIO_SIM_IOC_PULL _IOW(GPIO_SIM_IOC_BASE, 0, struct gpio_sim_level)
/* What a line is at, whoever drives it. EINVAL: no such line. */
#define GPIO_SIM_IOC_LEVEL _IOWR(GPIO_SIM_IOC_BASE, 1, struct gpio_sim_level)

#endif /* _EVL_UAPI_DEVICES_GPIO_SIM_H */
