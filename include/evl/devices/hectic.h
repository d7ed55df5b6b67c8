/* SPDX-License-Identifier: MIT */
/* As some distributions have it.
 * Source: user-api 2.1 */
#ifndef _EVL_DEVICES_HECTIC_H
#define _EVL_DEVICES_HECTIC_H

#include <uapi/evl/devices/hectic.h>

#endif /* _EVL_DEVICES_HECTIC_H */
