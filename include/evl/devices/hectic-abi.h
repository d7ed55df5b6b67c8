/* SPDX-License-Identifier: MIT */
/* The name newer releases of libevl have for this header.
 * Source: user-api 2.1 */
#ifndef _EVL_DEVICES_HECTIC_ABI_H
#define _EVL_DEVICES_HECTIC_ABI_H

#include <uapi/evl/devices/hectic.h>

#endif /* _EVL_DEVICES_HECTIC_ABI_H */
