/* SPDX-License-Identifier: MIT */
/* A bit of everything, as in the kernel.
 * Source: driver-api 5.1 */
#ifndef _EVL_CUSED_LINUX_KERNEL_H
#define _EVL_CUSED_LINUX_KERNEL_H

#include_next <linux/kernel.h>

#include <errno.h>
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
#include <linux/panic.h>
#include <linux/printk.h>
#include <linux/types.h>
#include <stdio.h>  /* snprintf(), sscanf() */
#include <stdlib.h> /* strtoul() and kin */

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

#define U8_MAX		  ((u8)~0U)
#define U16_MAX		  ((u16)~0U)
#define U32_MAX		  ((u32)~0U)
#define U64_MAX		  ((u64)~0ULL)
#define S8_MAX		  ((s8)(U8_MAX >> 1))
#define S16_MAX		  ((s16)(U16_MAX >> 1))
#define S32_MAX		  ((s32)(U32_MAX >> 1))
#define S64_MAX		  ((s64)(U64_MAX >> 1))

#define upper_16_bits(n)  ((u16)((n) >> 16))
#define lower_16_bits(n)  ((u16)((n)&0xffff))
#define upper_32_bits(n)  ((u32)(((n) >> 16) >> 16))
#define lower_32_bits(n)  ((u32)((n)&0xffffffff))

/* snprintf(), but what was really written is returned. */
int scnprintf(char *buf, size_t size, const char *fmt, ...) __printf(3, 4);
int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	__printf(3, 0);

/* As the C library has them, and with the kernel's extensions to %p. */
int __kernel_snprintf(char *buf, size_t size, const char *fmt, ...)
	__printf(3, 4);
int __kernel_vsnprintf(char *buf, size_t size, const char *fmt, va_list ap)
	__printf(3, 0);
#ifdef __KERNEL__
#undef snprintf
#undef sprintf
#undef vsnprintf
#undef vsprintf
#define snprintf(...)		  __kernel_snprintf(__VA_ARGS__)
#define vsnprintf(buf, size, ...) __kernel_vsnprintf(buf, size, __VA_ARGS__)
#define sprintf(buf, ...)	  __kernel_snprintf(buf, INT_MAX, __VA_ARGS__)
#define vsprintf(buf, ...)	  __kernel_vsnprintf(buf, INT_MAX, __VA_ARGS__)
#endif

/* 0 to 15, or -1. */
static inline int hex_to_bin(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;

	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* @count bytes from twice as many digits. 0, or -EINVAL. */
static inline int hex2bin(u8 *dest, const char *src, size_t count)
{
	for (; count > 0; count--, src += 2) {
		int high = hex_to_bin((unsigned char)src[0]);
		int low = high < 0 ? -1 : hex_to_bin((unsigned char)src[1]);

		if (low < 0)
			return -EINVAL;
		*dest++ = (u8)(high << 4 | low);
	}

	return 0;
}

/* @count bytes as digits; what is behind them. */
static inline char *bin2hex(char *dest, const void *src, size_t count)
{
	const u8 *from = (const u8 *)src;

	for (size_t i = 0; i < count; i++) {
		*dest++ = "0123456789abcdef"[from[i] >> 4];
		*dest++ = "0123456789abcdef"[from[i] & 0xf];
	}

	return dest;
}

/* What can be read of a number; @endp may be NULL. As the C library has them,
 * who shares their names but for the first word. */
#define simple_strtoul(str, endp, base)	 strtoul(str, endp, base)
#define simple_strtol(str, endp, base)	 strtol(str, endp, base)
#define simple_strtoull(str, endp, base) strtoull(str, endp, base)
#define simple_strtoll(str, endp, base)	 strtoll(str, endp, base)

#define sizeof_field(type, member)	 sizeof(((type *)0)->member)
#define offsetofend(type, member) \
	(offsetof(type, member) + sizeof_field(type, member))

/* Tell readers where a function may sleep. */
/* clang-format off */
#define might_sleep() do { } while (0)
#define might_sleep_if(condition) do { (void)(condition); } while (0)
#define might_fault() do { } while (0)
/* clang-format on */

#endif /* _EVL_CUSED_LINUX_KERNEL_H */
