/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

struct stage;

/* On whose scheduler out-of-band handlers run; NULL: nobody's. In-band, at
 * start. */
void irq_set_worker(struct stage *stage);

/* free_irq() of what was requested once, if it still is. In-band, from a
 * fiber. */
bool irq_try_free(unsigned int irq, void *dev_id);
