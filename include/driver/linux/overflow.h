/* SPDX-License-Identifier: MIT */
/* Sums and products which tell when they do not fit.
 * Source: driver-api 5.2 */
#ifndef _LINUX_OVERFLOW_H
#define _LINUX_OVERFLOW_H

#include <stddef.h>
#include <stdint.h>

#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d) __builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)

/* SIZE_MAX, which no allocation grants, if it does not fit. */
static inline size_t size_mul(size_t a, size_t b)
{
	size_t bytes;

	return __builtin_mul_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

static inline size_t size_add(size_t a, size_t b)
{
	size_t bytes;

	return __builtin_add_overflow(a, b, &bytes) ? SIZE_MAX : bytes;
}

/* SIZE_MAX if @a is the smaller one, or is that itself. */
static inline size_t size_sub(size_t a, size_t b)
{
	size_t bytes;

	if (a == SIZE_MAX || b == SIZE_MAX ||
	    __builtin_sub_overflow(a, b, &bytes))
		return SIZE_MAX;

	return bytes;
}

#define array_size(n, size)	size_mul(n, size)
#define array3_size(a, b, size) size_mul(size_mul(a, b), size)

/* Bytes of *@p with @count elements in its last, flexible @member. */
#define flex_array_size(p, member, count) size_mul(count, sizeof(*(p)->member))
#define struct_size(p, member, count) \
	size_add(sizeof(*(p)), flex_array_size(p, member, count))

#define struct_size_t(type, member, count) struct_size((type *)0, member, count)

#endif /* _LINUX_OVERFLOW_H */
