/* SPDX-License-Identifier: MIT */
/* Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_STRINGIFY_H
#define _LINUX_STRINGIFY_H

#define __stringify_1(x...) #x
/* What @x expands to, as a string. */
#define __stringify(x...) __stringify_1(x)

/* Of a parameter, as kernels have it. */
#define __MODULE_STRING(x) __stringify(x)

#endif /* _LINUX_STRINGIFY_H */
