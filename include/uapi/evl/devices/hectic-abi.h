/* SPDX-License-Identifier: MIT */
/* The name newer cores have for this header.
 * Source: driver-api 0 */
#ifndef _EVL_UAPI_DEVICES_HECTIC_ABI_H
#define _EVL_UAPI_DEVICES_HECTIC_ABI_H

#include <uapi/evl/devices/hectic.h>

#endif /* _EVL_UAPI_DEVICES_HECTIC_ABI_H */
