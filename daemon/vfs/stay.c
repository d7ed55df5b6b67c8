/* SPDX-License-Identifier: MIT */
#include "vfs/stay.h"

#include "kapi/guard.h"
#include "kapi/task.h"
#include "stage/stage.h"
#include "vfs/module.h"

#include <stddef.h>

struct stay {
	struct module *mod;
	const char *op;
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

/* From a signal handler. */
static void describe(const void *arg, struct guard_call *r_call)
{
	const struct stay *stay = stay_of(fiber_current());

	*r_call = (struct guard_call){
		.driver = stay->mod ? module_name(stay->mod) : NULL,
		.op = stay->op,
	};
}

static const struct guard module_guard = { .describe = describe };

static void end_stay(struct stay *stay)
{
	struct stay **link = &stays;

	while (*link != stay)
		link = &(*link)->next;
	*link = stay->next;
}

int stay_run(struct module *mod, const char *op, int (*func)(void *arg),
	     void *arg)
{
	struct fiber *fiber = fiber_current();
	const struct guard *guard = fiber->guard;
	struct stay stay = {
		.mod = mod,
		.op = op,
		.fiber = fiber,
		.next = stays,
	};
	int ret;

	stays = &stay;
	fiber->guard = &module_guard;
	ret = func(arg);
	fiber->guard = guard;
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
