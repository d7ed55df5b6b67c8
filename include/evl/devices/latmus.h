/* SPDX-License-Identifier: MIT */
/* As some distributions have it.
 * Source: user-api 2.1 */
#ifndef _EVL_DEVICES_LATMUS_H
#define _EVL_DEVICES_LATMUS_H

#include <uapi/evl/devices/latmus.h>

#endif /* _EVL_DEVICES_LATMUS_H */
