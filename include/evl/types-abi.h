/* SPDX-License-Identifier: MIT */
/* The name newer releases of libevl have for this header. */
#ifndef _EVL_TYPES_ABI_H
#define _EVL_TYPES_ABI_H

#include <uapi/evl/types.h>

#endif /* _EVL_TYPES_ABI_H */
