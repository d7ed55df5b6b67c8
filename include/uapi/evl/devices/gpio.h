/* SPDX-License-Identifier: MIT */
/*
 * What applications ask for to have a GPIO line out-of-band: nothing. A line of
 * ours is, whichever way it was requested.
 */
#ifndef _EVL_UAPI_DEVICES_GPIO_H
#define _EVL_UAPI_DEVICES_GPIO_H

#ifdef __KERNEL__
#include <uapi/linux/gpio.h>
#else
#include <linux/gpio.h>
#endif

#endif /* _EVL_UAPI_DEVICES_GPIO_H */
