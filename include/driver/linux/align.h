/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_ALIGN_H
#define _LINUX_ALIGN_H

#include <stdint.h>

/* @a is a power of two. */
#define ALIGN(x, a)	 (((x) + ((__typeof__(x))(a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((__typeof__(x))(a)-1)) == 0)
#define PTR_ALIGN(p, a)	 ((__typeof__(p))ALIGN((uintptr_t)(p), a))

#endif /* _LINUX_ALIGN_H */
