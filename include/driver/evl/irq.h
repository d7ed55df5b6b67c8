/* SPDX-License-Identifier: MIT */
/* Source: driver-api 6 */
#ifndef _EVL_IRQ_H
#define _EVL_IRQ_H

#include <evl/sched.h>

/* Around an interrupt handler: whom it wakes runs when it has returned. Here
 * that is so by itself. */
static inline void evl_enter_irq(void)
{
}

static inline void evl_exit_irq(void)
{
	evl_schedule();
}

#endif /* _EVL_IRQ_H */
