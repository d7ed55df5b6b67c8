/* SPDX-License-Identifier: MIT */
/* The kernel whose interfaces these headers follow where they changed.
 * Source: driver-api 0, 7.10 */
#ifndef _EVL_CUSED_LINUX_VERSION_H
#define _EVL_CUSED_LINUX_VERSION_H

#undef KERNEL_VERSION
#undef LINUX_VERSION_CODE
#define KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))
#define LINUX_VERSION_CODE	KERNEL_VERSION(6, 6, 0)

#endif /* _EVL_CUSED_LINUX_VERSION_H */
