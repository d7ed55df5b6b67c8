/* SPDX-License-Identifier: MIT */
/*
 * The threads of <evl/thread.h>. Each stands for a fiber of a worker: that of an
 * application's slot, or that of a kernel thread.
 */
#include <evl/thread.h>

#include "core/thread-element.h"
#include "kapi/export.h"
#include "kapi/task.h"
#include "stage/stage.h"

EXPORT struct evl_thread *evl_current(void)
{
	struct fiber *fiber = fiber_current();
	const struct thread_element *element;

	if (fiber == NULL)
		return NULL;
	if (stage_self->oob)
		return fiber->thread;

	/* In-band the kernel names the thread that asks. */
	element = thread_find(task_current()->pid);

	return element ? element->self : NULL;
}
