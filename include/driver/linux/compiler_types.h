/* SPDX-License-Identifier: MIT */
/* Annotations.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_COMPILER_TYPES_H
#define _LINUX_COMPILER_TYPES_H

#include <linux/compiler.h>

#endif /* _LINUX_COMPILER_TYPES_H */
