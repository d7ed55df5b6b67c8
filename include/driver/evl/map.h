/* SPDX-License-Identifier: MIT */
/* Maps are of EVL's network stack, which is not here; drivers include this for
 * the memory.
 * Source: driver-api 6 */
#ifndef _EVL_MAP_H
#define _EVL_MAP_H

#include <evl/memory.h>

#endif /* _EVL_MAP_H */
