/* SPDX-License-Identifier: MIT */
/*
 * A driver that was loaded: one for each time that a file was mapped, a
 * generation. Never freed, as its code is never unmapped: it is coming, live,
 * going, then gone.
 *
 *   coming   its init function runs: it has nodes, perhaps, and open files
 *   live     it returned
 *   dead     it had a process of its own, which has ended: as when it is going, but
 *            nothing of it runs
 *   going    its exit function runs, or its init function failed: nobody can
 *            open or use anything of it
 *   gone     nothing of it is in the daemon's tables; it may have files which
 *            were opened while its init function ran
 *
 * Stage: in-band, but for the references.
 */
#pragma once

#include "kapi/grave.h"

#include <linux/list.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct file_operations;
struct module;
struct object;

enum loaded_state {
	LOADED_COMING,
	LOADED_LIVE,
	LOADED_DEAD,
	LOADED_GOING,
	LOADED_GONE,
};

/* What it lends to other drivers. */
struct loaded_export {
	char *name; /* owned */
	const void *addr;
};

struct loaded {
	struct module *mod;	 /* in the shared object */
	char *path;		 /* owned, absolute */
	char *name;		 /* owned */
	void *handle;		 /* the dynamic linker's */
	unsigned int generation; /* 1, 2 ... of those of that name */
	bool isolated; /* in a process of its own: @mod stands for it */
	_Atomic(enum loaded_state) state;
	/* References: try_module_get(), an open file, another driver; and one
	 * of ours, which is taken back to unload it. Any stage. */
	_Atomic(int) refs;
	struct loaded_export *exports; /* owned */
	size_t nr_exports;
	struct loaded **uses; /* owned; a reference on each */
	size_t nr_uses;
	struct list_head copies; /* struct fops_copy */
	struct grave kept;	 /* what it freed, if some of it runs on */
	struct list_head link;	 /* those which are not gone, oldest first */
};

/* What @obj tells, copied; not mapped yet, nor in the list. -ENOMEM. */
int loaded_new(const struct object *obj, struct loaded **r_drv);
/* Only before it is mapped. Takes NULL; always returns NULL. */
struct loaded *loaded_free(struct loaded *drv);
/* It is mapped, as @mod: from now on it is found. */
void loaded_list(struct loaded *drv, struct module *mod);
void loaded_unlist(struct loaded *drv);

/* The one after @drv, or before it; NULL is before the first and after the
 * last. */
struct loaded *loaded_next(const struct loaded *drv);
struct loaded *loaded_prev(const struct loaded *drv);
struct loaded *loaded_of(const struct module *mod);
/* "foo-bar" is foo_bar. */
struct loaded *loaded_find(const char *name);
struct loaded *loaded_by_file(const char *base);
struct loaded *loaded_exporter(const char *symbol, const void **r_addr);

static inline enum loaded_state loaded_state(const struct loaded *drv)
{
	/* Relaxed: in-band alone writes it, others may be late. */
	return atomic_load_explicit(&drv->state, memory_order_relaxed);
}

void loaded_set_state(struct loaded *drv, enum loaded_state state);

/* @drv uses something of @other's, which stays as long as it does. -ENOMEM. */
int loaded_use(struct loaded *drv, struct loaded *other);
void loaded_drop_uses(struct loaded *drv);
/* Take our own reference back: true if it was the last. */
bool loaded_try_stop(struct loaded *drv);
/* After that: it stays, after all. */
void loaded_stop_not(struct loaded *drv);
