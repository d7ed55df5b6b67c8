/* SPDX-License-Identifier: MIT */
/*
 * A function of a driver's which is no handler of a file: which one runs on a
 * fiber, and whose what it makes is.
 *
 * Stage: in-band.
 */
#pragma once

#include "kapi/grave.h"

#include <linux/sched.h>

struct module;

/* The driver whose init, exit, probe or remove function the calling fiber runs,
 * NULL if it does not. */
struct module *stay_driver(void);
/* Run @func(@arg), which is driver @mod's @what (a constant: "probe of") of @name,
 * or of nothing, on the calling fiber: what it makes is that driver's. @mod NULL:
 * nobody's. Returns what it does. */
int stay_run(struct module *mod, const char *what, const char *name,
	     int (*func)(void *arg), void *arg);
/* Calls that are under way are to end: the sleeps of drivers' init, exit, probe
 * and remove functions are broken. */
void stay_hangup(void);

/* The calling fiber goes into a driver's init or exit function, and comes back.
 * What is freed there stays until nothing of the driver's runs any more: that it
 * does is what @kept means, which has it then. */
struct visit {
	struct task_struct task, *before;
	struct grave grave;
};

void visit_begin(struct visit *visit);
void visit_end(struct visit *visit, struct grave *kept);
