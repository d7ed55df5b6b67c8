/* SPDX-License-Identifier: MIT */
/* The name some distributions of libevl have for this header. */
#ifndef _EVL_TYPES_H
#define _EVL_TYPES_H

#include <uapi/evl/types.h>

#endif /* _EVL_TYPES_H */
