/* SPDX-License-Identifier: MIT */
/* The name some distributions of libevl have for this header.
 * Source: user-api 2.1 */
#ifndef _EVL_TYPES_H
#define _EVL_TYPES_H

#include <uapi/evl/types.h>

#endif /* _EVL_TYPES_H */
