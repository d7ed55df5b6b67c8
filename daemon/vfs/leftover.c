/* SPDX-License-Identifier: MIT */
#include "vfs/leftover.h"

#include "base/log.h"
#include "kapi/unload.h"
#include "stage/inband.h"
#include "vfs/attr.h"
#include "vfs/chrdev.h"
#include "vfs/class.h"
#include "vfs/misc.h"
#include "vfs/module.h"

#include <linux/list.h>

#define MAX_ROUNDS 16

static LIST_HEAD(others);

/* What runs comes first, then the last: a device has attributes and a number, a
 * misc device has a device. */
static struct leftover own[] = {
	{ .what = "threads",
	  .drop = kthread_unload,
	  .runs_on = kthread_runs_on },
	{ .what = "interrupts", .drop = irq_unload },
	{ .what = "timers in-band", .drop = timer_unload },
	{ .what = "hrtimers", .drop = hrtimer_unload },
	{ .what = "work items", .drop = work_unload, .runs_on = work_runs_on },
	{ .what = "attributes", .drop = attr_drop },
	{ .what = "misc devices", .drop = misc_drop },
	{ .what = "devices", .drop = class_drop_devices },
	{ .what = "device numbers", .drop = chrdev_drop },
	{ .what = "claims to registers", .drop = mmio_unload },
};

#define NR_OWN (sizeof(own) / sizeof(own[0]))

void leftover_add(struct leftover *leftover)
{
	list_add(&leftover->link, &others);
}

static unsigned int drop(const struct leftover *leftover, struct module *mod)
{
	unsigned int count = leftover->drop(mod);

	if (count && mod)
		log_debug("driver %s left %u %s behind: removed",
			  module_name(mod), count, leftover->what);

	return count;
}

static unsigned int drop_once(struct module *mod)
{
	struct leftover *leftover;
	unsigned int count = 0;

	list_for_each_entry(leftover, &others, link)
		count += drop(leftover, mod);
	for (unsigned int i = 0; i < NR_OWN; i++)
		count += drop(&own[i], mod);

	return count;
}

static bool runs_on(const struct leftover *leftover, const struct module *mod)
{
	return leftover->runs_on && leftover->runs_on(mod);
}

bool leftover_drop_all(struct module *mod)
{
	struct leftover *leftover;
	bool any = false;

	/* A timer may have queued a work item, that set the timer ... */
	for (int i = 0; i < MAX_ROUNDS; i++)
		if (drop_once(mod) == 0)
			break;
	if (mod == NULL)
		return true;

	list_for_each_entry(leftover, &others, link)
		any |= runs_on(leftover, mod);
	for (unsigned int i = 0; i < NR_OWN; i++)
		any |= runs_on(&own[i], mod);
	/* What was on its way to the loop already has passed by then. */
	inband_give_way();

	return !any;
}
