/* SPDX-License-Identifier: MIT */
/* Arithmetic on integers.
 * Source: driver-api 5.2 */
#ifndef _LINUX_MATH_H
#define _LINUX_MATH_H

#include <linux/types.h>
#include <stdlib.h>

#ifdef __KERNEL__ /* of any type, unlike the C library's */
#undef abs
#define abs(x)                                    \
	__extension__({                           \
		__auto_type __abs_x = +(x);       \
		__abs_x < 0 ? -__abs_x : __abs_x; \
	})
#endif
/* How far the two are apart. */
#define abs_diff(a, b)                                     \
	__extension__({                                    \
		__auto_type __diff_a = (a);                \
		__auto_type __diff_b = (b);                \
		__diff_a > __diff_b ? __diff_a - __diff_b  \
				    : __diff_b - __diff_a; \
	})

/* clang-format off */
/* To a multiple of @y, which is a power of two. */
#define round_up(x, y)	 ((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define round_down(x, y) ((x) & ~((__typeof__(x))(y) - 1))

/* To a multiple of @y, whatever it is. */
#define roundup(x, y)							\
	__extension__({							\
		__typeof__(y) __y = (y);				\
		(((x) + (__y - 1)) / __y) * __y;			\
	})
#define rounddown(x, y)							\
	__extension__({							\
		__typeof__(x) __x = (x);				\
		__x - __x % (y);					\
	})

#define DIV_ROUND_UP(n, d)	   (((n) + (d) - 1) / (d))
#define DIV_ROUND_DOWN_ULL(n, d)   ((unsigned long long)(n) / (d))
#define DIV_ROUND_UP_ULL(n, d) \
	DIV_ROUND_DOWN_ULL((unsigned long long)(n) + (d) - 1, (d))
#define DIV_ROUND_CLOSEST(x, d)						\
	__extension__({							\
		__typeof__(x) __x = (x);				\
		__typeof__(d) __d = (d);				\
		((__typeof__(x))-1 > 0 || (__typeof__(d))-1 > 0 ||	\
		 ((__x > 0) == (__d > 0))) ?				\
			((__x + (__d / 2)) / __d) :			\
			((__x - (__d / 2)) / __d);			\
	})
/* clang-format on */

/* @x * @n / @d, without what would not fit in between. */
/* clang-format off */
#define mult_frac(x, n, d)						\
	__extension__({							\
		__typeof__(x) __x = (x);				\
		__typeof__(n) __n = (n);				\
		__typeof__(d) __d = (d);				\
		__typeof__(x) __whole = __x / __d, __rest = __x % __d;	\
		__whole * __n + __rest * __n / __d;			\
	})
/* clang-format on */

/* @val, of all 32 bits, scaled to what is below @ceil. */
static inline u32 reciprocal_scale(u32 val, u32 ceil)
{
	return (u32)((u64)val * ceil >> 32);
}

/* @base to the power of @exp; what does not fit is lost. */
static inline u64 int_pow(u64 base, unsigned int exp)
{
	u64 result = 1;

	for (; exp; exp >>= 1) {
		if (exp & 1)
			result *= base;
		base *= base;
	}

	return result;
}

/* The largest integer whose square is not above @x. */
static inline unsigned long int_sqrt(unsigned long x)
{
	unsigned long bit = 1UL << (8 * sizeof(long) - 2), root = 0, trial;

	while (bit > x)
		bit >>= 2;

	for (; bit; bit >>= 2) {
		trial = root + bit;
		root >>= 1;
		if (x >= trial) {
			x -= trial;
			root += bit;
		}
	}

	return root;
}

#endif /* _LINUX_MATH_H */
