/* SPDX-License-Identifier: MIT */
/* What an interrupt handler has to say.
 * Source: driver-api 5.2 */
#ifndef _LINUX_IRQRETURN_H
#define _LINUX_IRQRETURN_H

enum irqreturn {
	IRQ_NONE = 0,	     /* it was not for us */
	IRQ_HANDLED = 1,     /* done */
	IRQ_WAKE_THREAD = 2, /* the rest is for the thread function */
};

typedef enum irqreturn irqreturn_t;

#define IRQ_RETVAL(x) ((x) ? IRQ_HANDLED : IRQ_NONE)

#endif /* _LINUX_IRQRETURN_H */
