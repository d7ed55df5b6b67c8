/* SPDX-License-Identifier: MIT */
/* Caches are of EVL's network stack, which is not here; drivers include this for
 * the memory.
 * Source: driver-api 6 */
#ifndef _EVL_CACHE_H
#define _EVL_CACHE_H

#include <evl/memory.h>

#endif /* _EVL_CACHE_H */
