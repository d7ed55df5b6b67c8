/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): names, types, operators */
#define __pick(op, x, y, __x, __y)					\
	__extension__({							\
		__auto_type __x = (x);					\
		__auto_type __y = (y);					\
		/* Of one type, or the compiler complains. */		\
		(void)(&__x == &__y);					\
		__x op __y ? __x : __y;					\
	})
#define __pick_t(type, op, x, y, __x, __y)				\
	__extension__({							\
		type __x = (x);						\
		type __y = (y);						\
		__x op __y ? __x : __y;					\
	})
/* NOLINTEND(bugprone-macro-parentheses) */

#define min(x, y)	  __pick(<, x, y, __min_x, __min_y)
#define max(x, y)	  __pick(>, x, y, __max_x, __max_y)
#define min_t(type, x, y) __pick_t(type, <, x, y, __min_x, __min_y)
#define max_t(type, x, y) __pick_t(type, >, x, y, __max_x, __max_y)
#define min3(x, y, z)	  __pick(<, min(x, y), z, __min3_x, __min3_z)
#define max3(x, y, z)	  __pick(>, max(x, y), z, __max3_x, __max3_z)

#define clamp(val, lo, hi)	   min(max(val, lo), hi)
#define clamp_t(type, val, lo, hi) min_t(type, max_t(type, val, lo), hi)
#define clamp_val(val, lo, hi)	   clamp_t(__typeof__(val), val, lo, hi)

#define swap(a, b)							\
	do {								\
		__typeof__(a) __swap = (a);				\
		(a) = (b);						\
		(b) = __swap;						\
	} while (0)
/* clang-format on */

#endif /* _LINUX_MINMAX_H */
