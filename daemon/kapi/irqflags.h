/* SPDX-License-Identifier: MIT */
/*
 * The lock which stands for interrupts being off (<linux/irqflags.h>), as those
 * who call what is an interrupt elsewhere take it: timers, simulated lines.
 *
 * Stage: any.
 */
#pragma once

#include <linux/irqflags.h>

/* Around the call of a handler. The caller may hold locks nobody takes who has
 * interrupts off. */
void irq_enter_handler(void);
/* The handler may have turned them on. */
void irq_leave_handler(void);
