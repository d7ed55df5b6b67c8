/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct stage;

/* Somebody who is told when an interrupt is raised, beside its handlers and
 * whether there are any. */
struct irq_tap {
	/* On any stage, with locks held: for stage_post() and the like. */
	void (*raised)(struct irq_tap *tap);
	struct irq_tap *next;
};

/* In-band; @irq is that of some device. One at a time each. */
void irq_tap_add(unsigned int irq, struct irq_tap *tap);
/* It is not told any more when this returns. In-band. */
void irq_tap_remove(unsigned int irq, struct irq_tap *tap);

/* On whose scheduler out-of-band handlers run; NULL: nobody's. In-band, at
 * start. */
void irq_set_worker(struct stage *stage);

/* free_irq() of what was requested once, if it still is. In-band, from a
 * fiber. */
bool irq_try_free(unsigned int irq, void *dev_id);
