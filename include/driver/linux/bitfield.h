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

#endif /* _LINUX_BITFIELD_H */
