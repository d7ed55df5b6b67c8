/* SPDX-License-Identifier: MIT */
/* Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_MATH64_H
#define _LINUX_MATH64_H

#include <linux/math.h>
#include <linux/types.h>

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline s64 div_s64(s64 dividend, s32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline s64 div64_s64(s64 dividend, s64 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *r_rem)
{
	*r_rem = (u32)(dividend % divisor);

	return dividend / divisor;
}

static inline s64 div_s64_rem(s64 dividend, s32 divisor, s32 *r_rem)
{
	*r_rem = (s32)(dividend % divisor);

	return dividend / divisor;
}

static inline u64 div64_u64_rem(u64 dividend, u64 divisor, u64 *r_rem)
{
	*r_rem = dividend % divisor;

	return dividend / divisor;
}

#define div64_ul(a, b)	 div64_u64(a, b)
#define div64_long(a, b) div64_s64(a, b)

static inline u64 mul_u32_u32(u32 a, u32 b)
{
	return (u64)a * b;
}

#define DIV64_U64_ROUND_UP(n, d)                    \
	__extension__({                             \
		u64 __div_d = (d);                  \
		((u64)(n) + __div_d - 1) / __div_d; \
	})
#define DIV_U64_ROUND_UP(n, d) DIV64_U64_ROUND_UP(n, (u32)(d))
#define DIV64_U64_ROUND_CLOSEST(n, d)               \
	__extension__({                             \
		u64 __div_d = (d);                  \
		((u64)(n) + __div_d / 2) / __div_d; \
	})
#define DIV_U64_ROUND_CLOSEST(n, d) DIV64_U64_ROUND_CLOSEST(n, (u32)(d))
#define DIV_ROUND_CLOSEST_ULL(n, d) DIV64_U64_ROUND_CLOSEST(n, d)
#define DIV_S64_ROUND_CLOSEST(n, d)                                          \
	__extension__({                                                      \
		s64 __div_n = (n);                                           \
		s32 __div_d = (d);                                           \
		(__div_n ^ __div_d) < 0 ? (__div_n - __div_d / 2) / __div_d  \
					: (__div_n + __div_d / 2) / __div_d; \
	})

/* Divides @n in place, and gives the remainder. */
#define do_div(n, base)                                      \
	__extension__({                                      \
		u32 __do_div_rem = (u32)((n) % (u32)(base)); \
		(n) /= (u32)(base);                          \
		__do_div_rem;                                \
	})

/* With 128 bits in between. */
static inline u64 mul_u64_u64_div_u64(u64 a, u64 b, u64 divisor)
{
	return (u64)(__extension__(unsigned __int128) a * b / divisor);
}

static inline u64 mul_u64_u32_div(u64 a, u32 b, u32 divisor)
{
	return mul_u64_u64_div_u64(a, b, divisor);
}

static inline u64 mul_u64_u32_shr(u64 a, u32 b, unsigned int shift)
{
	return (u64)(__extension__(unsigned __int128) a * b >> shift);
}

static inline u64 mul_u64_u64_shr(u64 a, u64 b, unsigned int shift)
{
	return (u64)(__extension__(unsigned __int128) a * b >> shift);
}

#endif /* _LINUX_MATH64_H */
