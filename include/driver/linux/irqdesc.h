/* SPDX-License-Identifier: MIT */
/* Where the kernel has generic_handle_irq(). */
#ifndef _LINUX_IRQDESC_H
#define _LINUX_IRQDESC_H

#include <linux/irq.h>

#endif /* _LINUX_IRQDESC_H */
