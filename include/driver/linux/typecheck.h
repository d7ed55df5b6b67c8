/* SPDX-License-Identifier: MIT */
/* 1, and the compiler complains if @x is of another type.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_TYPECHECK_H
#define _LINUX_TYPECHECK_H

#define typecheck(type, x)                                \
	__extension__({                                   \
		type __typecheck_a;                       \
		__typeof__(x) __typecheck_b;              \
		(void)(&__typecheck_a == &__typecheck_b); \
		1;                                        \
	})

#endif /* _LINUX_TYPECHECK_H */
