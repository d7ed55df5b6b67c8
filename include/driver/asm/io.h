/* SPDX-License-Identifier: MIT */
/*
 * Registers. There is no hardware: each device which has some, by what was
 * configured or by platform_device_add(), has plain memory there, zeroed to
 * begin with. Whoever else maps the same address, another driver or, by an mmap
 * handler with vm_iomap_memory(), an application, sees what is written and may
 * play the device. (Pages of which two devices have a part cannot be mapped
 * into applications.)
 *
 * What readl() and kin have read comes before anything after it, what writel()
 * and kin write comes after anything before it; those called _relaxed order
 * nothing. Any stage; none of them blocks.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _ASM_IO_H
#define _ASM_IO_H

#include <linux/compiler.h>
#include <linux/mm.h>
#include <linux/types.h>
#include <string.h>

/**
 * ioremap() - reach registers
 * @offset:	their address
 * @size:	how many bytes
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: where they are, for readl() and kin and iounmap(); NULL: no one
 *	   device has all of them
 */
void __iomem *ioremap(phys_addr_t offset, size_t size);
#define ioremap_wc(offset, size) ioremap(offset, size)
#define ioremap_uc(offset, size) ioremap(offset, size)
#define ioremap_np(offset, size) ioremap(offset, size)

/* Any address in what ioremap() returned, once for each; NULL does nothing.
 * In-band, does not block. */
void iounmap(volatile void __iomem *addr);

/* NOLINTBEGIN(bugprone-macro-parentheses): types */
/* clang-format off */
#define __IO_ACCESS(letter, type)					\
	static inline type read##letter(const volatile void __iomem *addr) \
	{								\
		return __atomic_load_n((const volatile type *)addr,	\
				       __ATOMIC_ACQUIRE);		\
	}								\
	static inline type read##letter##_relaxed(			\
		const volatile void __iomem *addr)			\
	{								\
		return __atomic_load_n((const volatile type *)addr,	\
				       __ATOMIC_RELAXED);		\
	}								\
	static inline void write##letter(type value,			\
					 volatile void __iomem *addr)	\
	{								\
		__atomic_store_n((volatile type *)addr, value,		\
				 __ATOMIC_RELEASE);			\
	}								\
	static inline void write##letter##_relaxed(			\
		type value, volatile void __iomem *addr)		\
	{								\
		__atomic_store_n((volatile type *)addr, value,		\
				 __ATOMIC_RELAXED);			\
	}
/* clang-format on */

__IO_ACCESS(b, u8)
__IO_ACCESS(w, u16)
__IO_ACCESS(l, u32)
__IO_ACCESS(q, u64)
/* NOLINTEND(bugprone-macro-parentheses) */

#define ioread8(addr)		 readb(addr)
#define ioread16(addr)		 readw(addr)
#define ioread32(addr)		 readl(addr)
#define ioread64(addr)		 readq(addr)
#define iowrite8(value, addr)	 writeb(value, addr)
#define iowrite16(value, addr)	 writew(value, addr)
#define iowrite32(value, addr)	 writel(value, addr)
#define iowrite64(value, addr)	 writeq(value, addr)

#define ioread16be(addr)	 __builtin_bswap16(readw(addr))
#define ioread32be(addr)	 __builtin_bswap32(readl(addr))
#define iowrite16be(value, addr) writew(__builtin_bswap16(value), addr)
#define iowrite32be(value, addr) writel(__builtin_bswap32(value), addr)

static inline void memcpy_fromio(void *to, const volatile void __iomem *from,
				 size_t count)
{
	memcpy(to, (const void *)from, count);
}

static inline void memcpy_toio(volatile void __iomem *to, const void *from,
			       size_t count)
{
	memcpy((void *)to, from, count);
}

static inline void memset_io(volatile void __iomem *to, int value, size_t count)
{
	memset((void *)to, value, count);
}

#endif /* _ASM_IO_H */
