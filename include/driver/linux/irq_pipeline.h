/* SPDX-License-Identifier: MIT */
/* Where Dovetail has irq_inject_pipeline() and synthetic_irq_domain.
 * Source: driver-api 5.3 */
#ifndef _LINUX_IRQ_PIPELINE_H
#define _LINUX_IRQ_PIPELINE_H

#include <linux/irq.h>

#endif /* _LINUX_IRQ_PIPELINE_H */
