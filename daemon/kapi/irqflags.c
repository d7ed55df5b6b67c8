/* SPDX-License-Identifier: MIT */
#include "kapi/irqflags.h"

#include "kapi/export.h"
#include "stage/clock.h"
#include "stage/pi-mutex.h"

#define MOMENT 4096 /* looks at the lock */

/* Whether this thread has interrupts off: a fiber does not sleep then. */
enum irq_state {
	IRQ_ON = 0,
	IRQ_OFF,     /* and holds the lock */
	IRQ_PRETEND, /* could not get it */
};

static struct pi_mutex irq_lock;
static __thread enum irq_state state;

void irq_enter_handler(void)
{
	if (state != IRQ_ON)
		return;
	pi_lock(&irq_lock);
	state = IRQ_OFF;
}

void irq_leave_handler(void)
{
	__irq_restore(0);
}

/*
 * A handler may wait for the spin lock which the caller holds. Bounded: who
 * turns interrupts off within a spin lock has mostly nothing more to protect.
 */
static bool try_for_a_moment(void)
{
	for (int i = 0; i < MOMENT; i++) {
		if (pi_trylock(&irq_lock))
			return true;
		cpu_relax();
	}

	return false;
}

EXPORT unsigned long __irq_save(void)
{
	if (state != IRQ_ON)
		return 1;

	if (pi_mutex_depth == 0) {
		pi_lock(&irq_lock);
		state = IRQ_OFF;
	} else if (try_for_a_moment()) {
		state = IRQ_OFF;
	} else {
		/* As good as a lock: its holder must not sleep. */
		pi_mutex_depth++;
		state = IRQ_PRETEND;
	}

	return 0;
}

EXPORT void __irq_restore(unsigned long flags)
{
	if (flags || state == IRQ_ON)
		return;

	if (state == IRQ_OFF)
		pi_unlock(&irq_lock);
	else
		pi_mutex_depth--;
	state = IRQ_ON;
}

EXPORT bool irqs_disabled(void)
{
	return state != IRQ_ON;
}
