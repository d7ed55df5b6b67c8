/* SPDX-License-Identifier: MIT */
/* What will be needed soon.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_PREFETCH_H
#define _LINUX_PREFETCH_H

#define prefetch(ptr)  __builtin_prefetch(ptr)
#define prefetchw(ptr) __builtin_prefetch(ptr, 1)

#endif /* _LINUX_PREFETCH_H */
