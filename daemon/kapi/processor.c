/* SPDX-License-Identifier: MIT */
/* Busy waits, <asm/processor.h>, which nothing of the same stage interrupts. */
#include <asm/processor.h>

#include "kapi/export.h"
#include "stage/clock.h"
#include "stage/oob.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"
#include "stage/wait.h"

#define SHORT_WAIT 64 /* looks; beyond that it is no register being polled */
#define NAP_NS	   (50 * NS_PER_US)
#define LONG_NAP_NS \
	(1000 * NS_PER_US) /* others than we need it to get anywhere */

/* What is waited for may come from the in-band stage's loop; or, where there is
 * one CPU only, from whoever a worker keeps from it. */
static void nap(uint64_t ns)
{
	struct wait_queue wq;

	wait_queue_init(&wq, WAIT_FIFO);
	pi_lock(&wq.lock);
	wait_queue_sleep_uninterruptible(&wq, clock_ns() + ns);
	pi_unlock(&wq.lock);
}

EXPORT void __cpu_relax(void)
{
	struct fiber *fiber = fiber_current();

	cpu_relax();
	/* With a lock, or on a queue, nobody else can run here. */
	if (fiber == NULL || pi_mutex_depth || fiber->wq)
		return;

	if (fiber->nr_looks < SHORT_WAIT) {
		fiber->nr_looks++;
		fiber_yield();
	} else if (!stage_self->oob) {
		nap(NAP_NS);
	} else if (oob_has_sole_cpu()) {
		nap(LONG_NAP_NS);
	} else {
		fiber_give_way();
	}
}
