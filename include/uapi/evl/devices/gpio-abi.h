/* SPDX-License-Identifier: MIT */
/* The name newer cores have for this header.
 * Source: driver-api 0 */
#ifndef _EVL_UAPI_DEVICES_GPIO_ABI_H
#define _EVL_UAPI_DEVICES_GPIO_ABI_H

#include <uapi/evl/devices/gpio.h>

#endif /* _EVL_UAPI_DEVICES_GPIO_ABI_H */
