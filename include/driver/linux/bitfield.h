/* SPDX-License-Identifier: MIT */
/* Fields within a register, named by a constant mask.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_BITFIELD_H
#define _LINUX_BITFIELD_H

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/types.h>
#include <stdbool.h>

#define __bf_shift(mask) (__builtin_ffsll((long long)(mask)) - 1)

/* The largest value the field holds; does @val fit? */
#define FIELD_MAX(mask) ((__typeof__(mask))((mask) >> __bf_shift(mask)))
#define FIELD_FIT(mask, val) \
	(!((((__typeof__(mask))(val)) << __bf_shift(mask)) & ~(mask)))

/* A register's value with @val in the field, and the field of one. */
#define FIELD_PREP(mask, val)                                               \
	((__typeof__(mask))(((__typeof__(mask))(val) << __bf_shift(mask)) & \
			    (mask)))
#define FIELD_GET(mask, reg) \
	((__typeof__(mask))(((reg) & (mask)) >> __bf_shift(mask)))

/* clang-format off */
/* The same as functions, of a type each: @field is a constant mask. */
#define __BITFIELD_OPS(bits)						\
	static inline u##bits u##bits##_encode_bits(u##bits v, u##bits field) \
	{								\
		return (u##bits)((v * (field & -field)) & field);	\
	}								\
	static inline u##bits u##bits##_replace_bits(u##bits old, u##bits v, \
						     u##bits field)	\
	{								\
		return (u##bits)((old & ~field) |			\
				 u##bits##_encode_bits(v, field));	\
	}								\
	static inline void u##bits##p_replace_bits(u##bits *p, u##bits v, \
						   u##bits field)	\
	{								\
		*p = u##bits##_replace_bits(*p, v, field);		\
	}								\
	static inline u##bits u##bits##_get_bits(u##bits v, u##bits field) \
	{								\
		return (u##bits)((v & field) / (field & -field));	\
	}
/* clang-format on */

__BITFIELD_OPS(8)
__BITFIELD_OPS(16)
__BITFIELD_OPS(32)
__BITFIELD_OPS(64)

#undef __BITFIELD_OPS

#endif /* _LINUX_BITFIELD_H */
