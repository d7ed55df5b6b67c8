/* SPDX-License-Identifier: MIT */
#pragma once

struct stage;

/* On whose scheduler out-of-band handlers run; NULL: nobody's. In-band, at
 * start. */
void irq_set_worker(struct stage *stage);
