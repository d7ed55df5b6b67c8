/* SPDX-License-Identifier: MIT */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

/* clang-format off */
#define __pick(op, x, y)						\
	__extension__({							\
		__auto_type __x = (x);					\
		__auto_type __y = (y);					\
		/* Of one type, or the compiler complains. */		\
		(void)(&__x == &__y);					\
		__x op __y ? __x : __y;					\
	})
#define __pick_t(type, op, x, y)					\
	__extension__({							\
		type __x = (x);						\
		type __y = (y);						\
		__x op __y ? __x : __y;					\
	})

#define min(x, y)	    __pick(<, x, y)
#define max(x, y)	    __pick(>, x, y)
#define min_t(type, x, y)   __pick_t(type, <, x, y)
#define max_t(type, x, y)   __pick_t(type, >, x, y)
#define min3(x, y, z)	    min((__typeof__(x))min(x, y), z)
#define max3(x, y, z)	    max((__typeof__(x))max(x, y), z)
#define clamp(val, lo, hi)  min((__typeof__(val))max(val, lo), hi)
#define clamp_t(type, val, lo, hi) \
	min_t(type, max_t(type, val, lo), hi)
#define clamp_val(val, lo, hi) clamp_t(__typeof__(val), val, lo, hi)

#define swap(a, b)							\
	do {								\
		__typeof__(a) __swap = (a);				\
		(a) = (b);						\
		(b) = __swap;						\
	} while (0)
/* clang-format on */

#endif /* _LINUX_MINMAX_H */
