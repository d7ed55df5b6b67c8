/* SPDX-License-Identifier: MIT */
/*
 * Work for the in-band stage, queued from any stage: what an out-of-band
 * handler uses to wake in-band sleepers.
 *
 * Source: driver-api 2.14
 */
#ifndef _LINUX_IRQ_WORK_H
#define _LINUX_IRQ_WORK_H

#include <stdbool.h>

struct irq_work {
	void (*func)(struct irq_work *work);
	unsigned int pending; /* the core's own, as all below */
	void *next;
	void *item_func;
};

#define IRQ_WORK_INIT(handler)    \
	{                         \
		.func = (handler) \
	}
#define DEFINE_IRQ_WORK(name, handler) \
	struct irq_work name = IRQ_WORK_INIT(handler)

/* Drivers link to what the stage itself uses. */
#define __irq_work_api __attribute__((visibility("default")))

/*
 * init_irq_work() - prepare @work to run @func
 * Stage: any. Blocks: no.
 */
static inline void init_irq_work(struct irq_work *work,
				 void (*func)(struct irq_work *work))
{
	*work = (struct irq_work)IRQ_WORK_INIT(func);
}

/*
 * irq_work_queue() - run @work->func on the in-band stage, soon
 * The function must not sleep; it may queue @work again and may free what
 * embeds it. Stage: any. Blocks: no. Return: false if it is pending already,
 * and then it runs once.
 */
__irq_work_api bool irq_work_queue(struct irq_work *work);

/*
 * irq_work_sync() - wait until @work is not pending
 * Stage: in-band, from a fiber. Blocks: until its function has run.
 */
__irq_work_api void irq_work_sync(struct irq_work *work);

#define IRQ_WORK_INIT_HARD(handler) IRQ_WORK_INIT(handler)
#define IRQ_WORK_INIT_LAZY(handler) IRQ_WORK_INIT(handler)

#endif /* _LINUX_IRQ_WORK_H */
