/* SPDX-License-Identifier: MIT */
/*
 * Interrupt lines, for who raises them. There are no others than those which
 * software raises: the numbers from 1 to NR_SIM_IRQS are simulated lines, which
 * are simply there; those above are made by irq_create_direct_mapping().
 *
 * A line which is raised again before its handlers have run, or while it is
 * disabled, has them run once. Each time it is raised counts as one interrupt,
 * whatever its type: that is for who raises it to look at.
 *
 * Source: driver-api 5.3, 5.4
 */
#ifndef _LINUX_IRQ_H
#define _LINUX_IRQ_H

#include <linux/irqdomain.h>
#include <linux/irqreturn.h>
#include <linux/types.h>

#define NR_SIM_IRQS 127
#define NR_IRQS	    256

enum {
	IRQ_TYPE_NONE = 0x0,
	IRQ_TYPE_EDGE_RISING = 0x1,
	IRQ_TYPE_EDGE_FALLING = 0x2,
	IRQ_TYPE_EDGE_BOTH = 0x3,
	IRQ_TYPE_LEVEL_HIGH = 0x4,
	IRQ_TYPE_LEVEL_LOW = 0x8,
	IRQ_TYPE_LEVEL_MASK = 0xc,
	IRQ_TYPE_SENSE_MASK = 0xf,
};

/**
 * generic_handle_irq() - raise an interrupt
 * @irq:	its number
 *
 * Its handlers run soon, where whoever requested it wanted them. While nobody
 * has, nothing happens.
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	there is no such interrupt
 */
int generic_handle_irq(unsigned int irq);

/* The same, in Dovetail's words: on this CPU. Any stage, does not block. */
int irq_inject_pipeline(unsigned int irq);
void irq_post_inband(unsigned int irq);

/**
 * irq_set_irq_type() - say what of a line is to interrupt
 * @irq:	its number
 * @type:	IRQ_TYPE_*
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	there is no such interrupt, or no such type
 */
int irq_set_irq_type(unsigned int irq, unsigned int type);

/* That type; IRQ_TYPE_NONE to begin with. Any stage, does not block. */
u32 irq_get_trigger_type(unsigned int irq);

#endif /* _LINUX_IRQ_H */
