/* SPDX-License-Identifier: MIT */
/*
 * Random numbers, of the system's. Each call asks it, which takes a
 * microsecond: out-of-band that is against the golden rule.
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_RANDOM_H
#define _LINUX_RANDOM_H

#include <linux/types.h>

/**
 * get_random_bytes() - fill a buffer with random bytes
 * @buf:	the buffer
 * @len:	its size in bytes
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 */
void get_random_bytes(void *buf, size_t len);

/* clang-format off */
#define __RANDOM(name, type)				\
	static inline type name(void)			\
	{						\
		type number;				\
							\
		get_random_bytes(&number, sizeof(number)); \
							\
		return number;				\
	}
/* clang-format on */

__RANDOM(get_random_u8, u8)
__RANDOM(get_random_u16, u16)
__RANDOM(get_random_u32, u32)
__RANDOM(get_random_u64, u64)
__RANDOM(get_random_long, unsigned long)

#undef __RANDOM

#define get_random_int() get_random_u32()
#define prandom_u32()	 get_random_u32()

/* Below @ceil, each as likely as the others; 0 for 0. */
static inline u32 get_random_u32_below(u32 ceil)
{
	u64 product = (u64)get_random_u32() * ceil;

	/* The last few would make some of them likelier: again. */
	while (ceil && (u32)product < -ceil % ceil)
		product = (u64)get_random_u32() * ceil;

	return (u32)(product >> 32);
}
#define prandom_u32_max(ceil) get_random_u32_below(ceil)

/* From @floor to @ceil, either included. */
static inline u32 get_random_u32_inclusive(u32 floor, u32 ceil)
{
	u32 span = ceil - floor + 1;

	return floor + (span ? get_random_u32_below(span) : get_random_u32());
}

#endif /* _LINUX_RANDOM_H */
