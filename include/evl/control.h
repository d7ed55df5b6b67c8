/* SPDX-License-Identifier: MIT */
/* The name some distributions of libevl have for this header.
 * Source: user-api 2.1 */
#ifndef _EVL_CONTROL_H
#define _EVL_CONTROL_H

#include <uapi/evl/control.h>

#endif /* _EVL_CONTROL_H */
