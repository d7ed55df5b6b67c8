/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_MINMAX_H
#define _LINUX_MINMAX_H

/* clang-format off */
/* NOLINTBEGIN(bugprone-macro-parentheses): names, types, operators */
#undef MIN
#undef MAX
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

/* The smaller one, or that which is not 0. */
#define min_not_zero(x, y)						\
	__extension__({							\
		__typeof__(x) __min_nz_x = (x);				\
		__typeof__(y) __min_nz_y = (y);				\
		__min_nz_x == 0 ? __min_nz_y :				\
		__min_nz_y == 0 ? __min_nz_x :				\
				  min(__min_nz_x, __min_nz_y);		\
	})

/* Of constants, where a statement cannot be. */
#define MIN(a, b)      ((a) < (b) ? (a) : (b))
#define MAX(a, b)      ((a) > (b) ? (a) : (b))
#define MIN_T(type, a, b) MIN((type)(a), (type)(b))
#define MAX_T(type, a, b) MAX((type)(a), (type)(b))

/* Is it one of @len from @start on? */
#define in_range(val, start, len)					\
	((unsigned long long)(val) - (unsigned long long)(start) <	\
	 (unsigned long long)(len))

#define swap(a, b)							\
	do {								\
		__typeof__(a) __swap = (a);				\
		(a) = (b);						\
		(b) = __swap;						\
	} while (0)
/* clang-format on */

/* Of unsigned values, whatever their types. */
#define umin(x, y) min_t(unsigned long long, x, y)
#define umax(x, y) max_t(unsigned long long, x, y)

#endif /* _LINUX_MINMAX_H */
