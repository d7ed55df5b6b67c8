/* SPDX-License-Identifier: MIT */
/*
 * Numbers of interrupts that software makes for itself: synthetic ones.
 *
 * Source: driver-api 5.3
 */
#ifndef _LINUX_IRQDOMAIN_H
#define _LINUX_IRQDOMAIN_H

struct irq_domain;

/* The one there is. */
extern struct irq_domain *const synthetic_irq_domain;

/**
 * irq_create_direct_mapping() - get the number of a new interrupt
 * @domain:	synthetic_irq_domain
 *
 * It is requested with __request_percpu_irq() or request_irq(), and raised with
 * irq_post_inband() or irq_inject_pipeline().
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the number; 0 if there is none left, or @domain is another one
 */
unsigned int irq_create_direct_mapping(struct irq_domain *domain);

/**
 * irq_dispose_mapping() - give such a number back
 * @irq:	the number, free_irq()ed before; 0 and others do nothing
 *
 * Stage:  in-band, from a fiber.
 * Blocks: if somebody still has requested it, which the log tells, as long as
 *	   free_irq().
 */
void irq_dispose_mapping(unsigned int irq);

#endif /* _LINUX_IRQDOMAIN_H */
