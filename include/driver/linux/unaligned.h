/* SPDX-License-Identifier: MIT */
/* Numbers which may lie anywhere, in either order of bytes.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_UNALIGNED_H
#define _LINUX_UNALIGNED_H

#include <endian.h>
#include <linux/types.h>
#include <string.h>

#define get_unaligned(ptr)                                             \
	__extension__({                                                \
		__typeof__(*(ptr) + 0) __value = 0;                    \
		memcpy(&__value, (const void *)(ptr), sizeof(*(ptr))); \
		(__typeof__(*(ptr)))__value;                           \
	})
#define put_unaligned(val, ptr)                                   \
	do {                                                      \
		__typeof__(*(ptr)) __value = (val);               \
		memcpy((void *)(ptr), &__value, sizeof(__value)); \
	} while (0)

/* clang-format off */
#define __unaligned_of(bits, order)					\
	static inline u##bits get_unaligned_##order##bits(const void *p)	\
	{								\
		u##bits value;						\
									\
		memcpy(&value, p, sizeof(value));			\
									\
		return order##bits##toh(value);				\
	}								\
	static inline void put_unaligned_##order##bits(u##bits value,	\
						       void *p)		\
	{								\
		value = hto##order##bits(value);			\
		memcpy(p, &value, sizeof(value));			\
	}
/* clang-format on */

__unaligned_of(16, le) __unaligned_of(32, le) __unaligned_of(64, le)
	__unaligned_of(16, be) __unaligned_of(32, be) __unaligned_of(64, be)

#endif /* _LINUX_UNALIGNED_H */
