/* SPDX-License-Identifier: MIT */
#include "vfs/stay.h"

#include "kapi/task.h"
#include "stage/call.h"
#include "vfs/module.h"

#include <stddef.h>

struct stay {
	struct module *mod;
	struct fiber *fiber;
	struct stay *next; /* an earlier one */
};

static struct stay *stays;

/* The latest one of @fiber. */
static const struct stay *stay_of(const struct fiber *fiber)
{
	const struct stay *stay = stays;

	while (stay && stay->fiber != fiber)
		stay = stay->next;

	return stay;
}

struct module *stay_driver(void)
{
	const struct fiber *fiber = fiber_current();
	const struct stay *stay = fiber ? stay_of(fiber) : NULL;

	return stay ? stay->mod : NULL;
}

static void end_stay(struct stay *stay)
{
	struct stay **link = &stays;

	while (*link != stay)
		link = &(*link)->next;
	*link = stay->next;
}

int stay_run(struct module *mod, const char *what, const char *name,
	     int (*func)(void *arg), void *arg)
{
	struct stay stay = {
		.mod = mod,
		.fiber = fiber_current(),
		.next = stays,
	};
	struct stage_call call = {
		.what = what,
		.name = name,
		.driver = mod ? module_name(mod) : NULL,
		.func = (const void *)func,
	};
	int ret;

	stays = &stay;
	stage_call_begin(&call);
	ret = func(arg);
	stage_call_end(&call);
	end_stay(&stay);

	return ret;
}

void stay_hangup(void)
{
	for (struct stay *stay = stays; stay; stay = stay->next)
		fiber_break(stay->fiber);
}

void visit_begin(struct visit *visit)
{
	struct fiber *fiber = fiber_current();

	visit->before = fiber->task;
	visit->task = *task_current();
	task_set(fiber, &visit->task);
	grave_open(&visit->grave);
}

void visit_end(struct visit *visit, struct grave *kept)
{
	if (kept)
		*kept = visit->grave;
	else
		grave_close(&visit->grave);
	task_set(fiber_current(), visit->before);
}
