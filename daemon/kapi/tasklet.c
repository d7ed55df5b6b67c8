/* SPDX-License-Identifier: MIT */
/* The tasklets of <linux/interrupt.h>, which are irq_works. */
#include "kapi/export.h"
#include "stage/call.h"

#include <linux/interrupt.h>

/* It may be gone once its function has returned. */
EXPORT void __tasklet_run(struct irq_work *work)
{
	struct tasklet_struct *tasklet =
		container_of(work, struct tasklet_struct, work);
	struct stage_call call = {
		.what = "tasklet",
		.func = tasklet->use_callback ? (const void *)tasklet->callback
					      : (const void *)tasklet->func,
	};

	stage_call_begin(&call);
	if (tasklet->use_callback)
		tasklet->callback(tasklet);
	else
		tasklet->func(tasklet->data);
	stage_call_end(&call);
}
