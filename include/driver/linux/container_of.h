/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_CONTAINER_OF_H
#define _LINUX_CONTAINER_OF_H

#include <stddef.h>

#ifndef container_of
/* The object of @type which embeds *@ptr as its @member. */
#define container_of(ptr, type, member)                                    \
	__extension__({                                                    \
		const __typeof__(((type *)0)->member) *__mptr = (ptr);     \
		(type *)(void *)((char *)__mptr - offsetof(type, member)); \
	})
#endif

#endif /* _LINUX_CONTAINER_OF_H */
