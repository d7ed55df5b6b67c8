/* SPDX-License-Identifier: MIT */
/* Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_LOG2_H
#define _LINUX_LOG2_H

#include <stdbool.h>

/* The number of the highest bit set, -1 for 0. */
static inline int ilog2(unsigned long long n)
{
	return n ? 63 - __builtin_clzll(n) : -1;
}

static inline bool is_power_of_2(unsigned long n)
{
	return n != 0 && (n & (n - 1)) == 0;
}

/* The power of two which is not below @n, nor above; @n is not 0. */
static inline unsigned long roundup_pow_of_two(unsigned long n)
{
	return n > 1 ? 1UL << (ilog2(n - 1) + 1) : 1;
}

static inline unsigned long rounddown_pow_of_two(unsigned long n)
{
	return 1UL << ilog2(n);
}

static inline int order_base_2(unsigned long n)
{
	return n > 1 ? ilog2(n - 1) + 1 : 0;
}

#endif /* _LINUX_LOG2_H */
