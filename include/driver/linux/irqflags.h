/* SPDX-License-Identifier: MIT */
/*
 * Interrupts off. What interrupts are elsewhere are functions which a worker
 * calls: those of timers and their like. So "off" is one lock for all of the
 * daemon, which they are called with: whoever has it is alone with what it
 * shares with them. It may be taken again, and is given back as a whole; its
 * holder must not sleep.
 *
 * Within a spin lock it may not be to be had without a deadlock: then, after a
 * moment, the caller goes on without it.
 *
 * Source: driver-api 2.8
 */
#ifndef _LINUX_IRQFLAGS_H
#define _LINUX_IRQFLAGS_H

#include <stdbool.h>

/* Below the macros. */
unsigned long __irq_save(void);
void __irq_restore(unsigned long flags);

/*
 * local_irq_save(), hard_local_irq_save() - interrupts off; as they were before,
 * in the flags
 * Stage: any. Blocks: until nobody else has them off, lending that one the
 * caller's priority.
 */
#define local_irq_save(flags)           \
	do {                            \
		(flags) = __irq_save(); \
	} while (0)
#define hard_local_irq_save() __irq_save()

/* ... and again as the flags say. Any stage, does not block. */
#define local_irq_restore(flags)      __irq_restore(flags)
#define hard_local_irq_restore(flags) __irq_restore(flags)

/* Off, on, however often they were turned off. Any stage; blocks as above. */
#define local_irq_disable()	 ((void)__irq_save())
#define local_irq_enable()	 __irq_restore(0)
#define hard_local_irq_disable() ((void)__irq_save())
#define hard_local_irq_enable()	 __irq_restore(0)

/* Has the caller turned them off, or is it one? Any stage, does not block. */
bool irqs_disabled(void);
#define hard_irqs_disabled() irqs_disabled()

#endif /* _LINUX_IRQFLAGS_H */
