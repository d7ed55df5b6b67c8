/* SPDX-License-Identifier: MIT */
/*
 * The level of this ABI, and the core's control device.
 *
 * Source: user-api 2.3, 3
 */
#ifndef _EVL_UAPI_CONTROL_H
#define _EVL_UAPI_CONTROL_H

#include <uapi/evl/types.h>

#define EVL_ABI_BASE	32
#define EVL_ABI_LEVEL	32

#define EVL_CONTROL_DEV "/dev/evl/control"

#endif /* _EVL_UAPI_CONTROL_H */
