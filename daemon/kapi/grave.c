/* SPDX-License-Identifier: MIT */
#include "kapi/grave.h"

#include "kapi/memory.h"
#include "kapi/task.h"
#include "stage/stage.h"

#include <stdlib.h>

/* Outside of a request there is no place to note it, nor a need. */
static struct task_struct *own_task(void)
{
	struct fiber *fiber = fiber_current();

	return fiber ? fiber->task : NULL;
}

static void give_back(void *ptr)
{
	if (!memory_free(ptr))
		free(ptr);
}

void grave_open(struct grave *grave)
{
	struct task_struct *task = own_task();

	*grave = (struct grave){ .nr = 0 };
	if (task) {
		grave->outer = task->grave;
		task->grave = grave;
	}
}

void grave_close(struct grave *grave)
{
	struct task_struct *task = own_task();

	if (task)
		task->grave = grave->outer;
	while (grave->nr)
		give_back(grave->ptrs[--grave->nr]);
	free(grave->ptrs);
}

bool grave_take(void *ptr)
{
	struct task_struct *task = own_task();
	struct grave *grave = task ? task->grave : NULL;
	void **ptrs;

	if (grave == NULL || ptr == NULL)
		return false;

	ptrs = realloc(grave->ptrs, (grave->nr + 1) * sizeof(*ptrs));
	if (ptrs == NULL)
		return true; /* lost, rather than freed too early */

	ptrs[grave->nr++] = ptr;
	grave->ptrs = ptrs;

	return true;
}
