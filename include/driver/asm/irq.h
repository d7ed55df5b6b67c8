/* SPDX-License-Identifier: MIT */
/* Numbers of interrupts.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _ASM_IRQ_H
#define _ASM_IRQ_H

#include <linux/irq.h>

#endif /* _ASM_IRQ_H */
