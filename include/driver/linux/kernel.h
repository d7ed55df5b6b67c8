/* SPDX-License-Identifier: MIT */
/* A bit of everything, as in the kernel.
 * Source: driver-api 5.1 */
#ifndef _EVL_CUSED_LINUX_KERNEL_H
#define _EVL_CUSED_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#include <limits.h>
#include <linux/kconfig.h>

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/bug.h>
#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/kstrtox.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/printk.h>
#include <linux/types.h>
#include <stdio.h> /* snprintf(), sscanf() */

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define U8_MAX		  ((u8)~0U)
#define U16_MAX		  ((u16)~0U)
#define U32_MAX		  ((u32)~0U)
#define U64_MAX		  ((u64)~0ULL)
#define S8_MAX		  ((s8)(U8_MAX >> 1))
#define S16_MAX		  ((s16)(U16_MAX >> 1))
#define S32_MAX		  ((s32)(U32_MAX >> 1))
#define S64_MAX		  ((s64)(U64_MAX >> 1))

#define upper_32_bits(n)  ((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n)  ((u32)((n)&0xffffffff))

/* snprintf(), but what was really written is returned. */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);

/* Tell readers where a function may sleep. */
/* clang-format off */
#define might_sleep() do { } while (0)
/* clang-format on */

#endif /* _EVL_CUSED_LINUX_KERNEL_H */
