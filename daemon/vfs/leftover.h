/* SPDX-License-Identifier: MIT */
/*
 * What a driver leaves behind when its exit function has returned, or its init
 * function failed: whoever keeps something for drivers takes it back here.
 * What the vfs and the kapi keep is in the list to begin with; higher layers add
 * theirs, what makes driver code run (threads, timers) before what is merely
 * there. They are asked until nothing more is found.
 *
 * Stage: in-band.
 */
#pragma once

#include <linux/list.h>
#include <stdbool.h>

struct module;

struct leftover {
	const char *what; /* "timers", for the log */
	/* Take back what @mod has, and return how much it was. On a fiber, may
	 * sleep; nothing of the driver's is to run for it afterwards. NULL, at
	 * the end, on no fiber: what is nobody's. */
	unsigned int (*drop)(struct module *mod);
	/* Does some of it run on, which could not be taken back? May be NULL. */
	bool (*runs_on)(const struct module *mod);
	struct list_head link;
};

/* The latest one added is asked first. At start; once. */
void leftover_add(struct leftover *leftover);
/* False: something of @mod's runs on, and may use what it has freed. */
bool leftover_drop_all(struct module *mod);
