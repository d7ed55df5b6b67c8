/* SPDX-License-Identifier: MIT */
#include "vfs/leftover.h"

#include "base/log.h"
#include "vfs/attr.h"
#include "vfs/chrdev.h"
#include "vfs/class.h"
#include "vfs/misc.h"
#include "vfs/module.h"

#include <linux/list.h>

static LIST_HEAD(others);

/* The last first: a device has attributes and a number, a misc device has a
 * device. */
static struct leftover own[] = {
	{ .what = "attributes", .drop = attr_drop },
	{ .what = "misc devices", .drop = misc_drop },
	{ .what = "devices", .drop = class_drop_devices },
	{ .what = "device numbers", .drop = chrdev_drop },
};

void leftover_add(struct leftover *leftover)
{
	list_add(&leftover->link, &others);
}

/* False: some of it runs on. */
static bool drop(const struct leftover *leftover, struct module *mod)
{
	unsigned int count = leftover->drop(mod);

	if (count && mod)
		log_debug("driver %s left %u %s behind: removed",
			  module_name(mod), count, leftover->what);

	return mod == NULL || leftover->runs_on == NULL ||
	       !leftover->runs_on(mod);
}

bool leftover_drop_all(struct module *mod)
{
	struct leftover *leftover;
	bool all = true;

	list_for_each_entry(leftover, &others, link)
		all &= drop(leftover, mod);
	for (unsigned int i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		drop(&own[i], mod);

	return all;
}
