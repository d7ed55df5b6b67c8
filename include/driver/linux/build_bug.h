/* SPDX-License-Identifier: MIT */
/* What the compiler refuses.
 * Source: driver-api 5.2 */
#ifndef _LINUX_BUILD_BUG_H
#define _LINUX_BUILD_BUG_H

#include <assert.h> /* static_assert() */

#define BUILD_BUG_ON_MSG(condition, msg) _Static_assert(!(condition), msg)
#define BUILD_BUG_ON(condition) \
	BUILD_BUG_ON_MSG(condition, "BUILD_BUG_ON failed: " #condition)

#define BUILD_BUG_ON_NOT_POWER_OF_2(n) \
	BUILD_BUG_ON((n) == 0 || ((n) & ((n)-1)) != 0)
#define compiletime_assert(condition, msg) BUILD_BUG_ON_MSG(!(condition), msg)

/* 0, or no compilation. */
#define BUILD_BUG_ON_ZERO(condition)                       \
	((int)sizeof(struct {                              \
		 _Static_assert(!(condition), #condition); \
		 int __i;                                  \
	 }) *                                              \
	 0)

#endif /* _LINUX_BUILD_BUG_H */
