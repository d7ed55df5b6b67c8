/* SPDX-License-Identifier: MIT */
/*
 * Interrupts of a device by what was configured of it. Drivers of platform
 * devices have platform_get_irq().
 *
 * Source: driver-api 5.1, 5.4; as in Linux 6.6
 */
#ifndef _LINUX_OF_IRQ_H
#define _LINUX_OF_IRQ_H

#include <linux/irq.h>
#include <linux/of.h>

/**
 * of_irq_get() - the number of an interrupt
 * @np:		of which device
 * @index:	which one, from 0
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the number, or
 *   -EINVAL	it has none such
 */
int of_irq_get(struct device_node *np, int index);
/* By its name. */
int of_irq_get_byname(struct device_node *np, const char *name);
/* How many there are. */
int of_irq_count(struct device_node *np);
/* 0: it has none such. */
unsigned int irq_of_parse_and_map(struct device_node *np, int index);

#endif /* _LINUX_OF_IRQ_H */
