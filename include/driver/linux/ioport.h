/* SPDX-License-Identifier: MIT */
/*
 * Where a device's registers are, and which interrupts it has.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_IOPORT_H
#define _LINUX_IOPORT_H

#include <linux/bits.h>
#include <linux/device/devres.h>
#include <linux/types.h>

struct resource {
	resource_size_t start;
	resource_size_t end; /* the last one of it */
	const char *name;
	unsigned long flags; /* IORESOURCE_* */
};

#define IORESOURCE_BITS	     0xff /* of its kind's own */
#define IORESOURCE_TYPE_BITS 0x1f00
#define IORESOURCE_IO	     0x100
#define IORESOURCE_MEM	     0x200
#define IORESOURCE_REG	     0x300
#define IORESOURCE_IRQ	     0x400
#define IORESOURCE_DMA	     0x800
#define IORESOURCE_BUS	     0x1000

/* Of interrupts: as IRQ_TYPE_*. */
#define IORESOURCE_IRQ_HIGHEDGE	 BIT(0)
#define IORESOURCE_IRQ_LOWEDGE	 BIT(1)
#define IORESOURCE_IRQ_HIGHLEVEL BIT(2)
#define IORESOURCE_IRQ_LOWLEVEL	 BIT(3)

/* clang-format off */
#define DEFINE_RES_NAMED(_start, _size, _name, _flags)			\
	(struct resource){						\
		.start = (_start),					\
		.end = (_start) + (_size) - 1,				\
		.name = (_name),					\
		.flags = (_flags),					\
	}
/* clang-format on */
#define DEFINE_RES_MEM_NAMED(_start, _size, _name) \
	DEFINE_RES_NAMED((_start), (_size), (_name), IORESOURCE_MEM)
#define DEFINE_RES_MEM(_start, _size) DEFINE_RES_MEM_NAMED(_start, _size, NULL)
#define DEFINE_RES_IRQ_NAMED(_irq, _name) \
	DEFINE_RES_NAMED((_irq), 1, (_name), IORESOURCE_IRQ)
#define DEFINE_RES_IRQ(_irq) DEFINE_RES_IRQ_NAMED(_irq, NULL)

static inline resource_size_t resource_size(const struct resource *res)
{
	return res->end - res->start + 1;
}

static inline unsigned long resource_type(const struct resource *res)
{
	return res->flags & IORESOURCE_TYPE_BITS;
}

/**
 * request_mem_region() - claim registers
 * @start:	the address of the first one
 * @n:		how many bytes
 * @name:	for people
 *
 * Nobody else can claim any of it until release_mem_region(). What a driver
 * has forgotten to release is released when it is unloaded.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: something which is not NULL; NULL if somebody has claimed some of it,
 *	   there is no such range, or no memory left
 */
struct resource *request_mem_region(resource_size_t start, resource_size_t n,
				    const char *name);
/* As it was claimed. In-band, does not block. */
void release_mem_region(resource_size_t start, resource_size_t n);

/* The same, by a device, see linux/device/devres.h. */
struct resource *devm_request_mem_region(struct device *dev,
					 resource_size_t start,
					 resource_size_t n, const char *name);

#endif /* _LINUX_IOPORT_H */
