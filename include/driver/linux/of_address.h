/* SPDX-License-Identifier: MIT */
/*
 * Registers of a device by what was configured of it. Drivers of platform devices
 * have devm_platform_ioremap_resource().
 *
 * Source: driver-api 5.1, 5.4; as in Linux 6.6
 */
#ifndef _LINUX_OF_ADDRESS_H
#define _LINUX_OF_ADDRESS_H

#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/of.h>

/**
 * of_address_to_resource() - where a device's registers are
 * @np:		of which device
 * @index:	which ones, from 0
 * @r:		receives that
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	it has none such
 */
int of_address_to_resource(struct device_node *np, int index,
			   struct resource *r);

/* The same, and ioremap() it: iounmap() it. NULL: it has none such. */
void __iomem *of_iomap(struct device_node *np, int index);

/* The same, and claim them: release_mem_region() too. ERR_PTR() of -EINVAL:
 * there are none; -EBUSY; -ENOMEM. */
void __iomem *of_io_request_and_map(struct device_node *np, int index,
				    const char *name);

#endif /* _LINUX_OF_ADDRESS_H */
