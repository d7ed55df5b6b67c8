/* SPDX-License-Identifier: MIT */
/*
 * Drivers: shared objects with a struct module in them (<linux/module.h>).
 * Loaded at start or later, unloaded or ended in reverse order at shutdown; their
 * code stays mapped until the daemon exits, so that no pointer to it ever
 * dangles: loading a file again maps it again.
 *
 * Loading and unloading are done one at a time, on a fiber or from the loop's
 * own ground, and block as long as the driver's init or exit function. What goes
 * wrong is one line in the log, naming the thing and the remedy, and the same
 * line is complaint() until the caller gives way to others.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct file_operations;
struct module;

/* A driver to be loaded: its file, and parameters "name=value". One which is
 * called isolate is the loader's own: yes means a process of its own. */
struct module_order {
	const char *path;
	char *const *params;
	unsigned int nr_params;
	bool isolate;
};

/*
 * Who runs drivers in processes of their own: a higher layer, which registers. In
 * place of the driver's it makes a struct module of its own, whose init function
 * starts the process and whose exit function ends it.
 */
struct module_isolation {
	/* For the driver @name in @path, with these parameters. Yours, for good.
	 * NULL: no memory. */
	struct module *(*stand_in)(const char *name, const char *path,
				   char *const params[], unsigned int nr);
	/* It is to be unloaded, which its driver may refuse, after a complaint:
	 * 0 or -errno. */
	int (*stop)(struct module *mod);
};
void module_set_isolation(const struct module_isolation *isolation);
/* Its process has ended: nothing of it can be opened or used from now on, but it
 * is listed until it is loaded again, or unloaded. */
void module_died(struct module *mod);

/*
 * Load @nr drivers, in that order but for those which need another's symbols:
 * they come after it. Ends with the first which cannot be loaded; those before
 * it stay. 0, or -errno: that of the init function if it failed, else
 *   -ENOENT, -EACCES ...	the file cannot be read
 *   -ENOEXEC			it is no driver, or of another ABI level, or
 *				needs what nobody has
 *   -ELOOP			they need each other
 *   -EEXIST			one of its name is loaded already
 *   -EINVAL			a parameter is unknown or has no such value
 *   -ENODEV			its process ended before it could tell
 */
int module_load_all(const struct module_order *orders, unsigned int nr);
int module_load(const char *path, char *const params[], unsigned int nr);

/*
 * Unload the driver of that name: nobody opens its nodes any more, its exit
 * function runs, what it leaves behind is removed. Files whose release is under
 * way are waited for. 0, or
 *   -ENOENT	none of that name is loaded
 *   -EBUSY	files of it are open, another driver uses its symbols, somebody
 *		has called try_module_get(), or it has no exit function
 */
int module_unload(const char *name);

/* End all drivers, last one first, but those in use by others after them; remove
 * what they leave behind. From the loop's own ground, when every file is closed. */
void module_unload_all(void);

/* The @n'th driver loaded, from 0; NULL at the end. */
const struct module *module_nth(unsigned int n);
const char *module_name(const struct module *mod);
const char *module_path(const struct module *mod);
/* How many nodes it has now. */
unsigned int module_nr_nodes(const struct module *mod);

/* What people may know of it. */
struct module_facts {
	unsigned int nr_nodes, nr_files, nr_refs;
	unsigned int generation;
	const char *state; /* "coming", "live", "dead", "going"; or "apart" */
};
void module_facts(const struct module *mod, struct module_facts *r_facts);
/* The names of the drivers whose symbols it uses, with commas. */
void module_uses(const struct module *mod, char *text, size_t size);

/* Where a symbol is which it exports, NULL if it does not. */
const void *module_symbol(const struct module *mod, const char *name);

/* The driver whose code or data @addr is, NULL if that is none's, or one's that
 * is gone. Any stage. */
struct module *module_at(const void *addr);
/* For people, never NULL. Any stage. */
const char *module_name_at(const void *addr);

/*
 * @fops of driver @mod (may be NULL) in the form the daemon knows: itself, or,
 * if the driver was built with a smaller struct file_operations, a copy that
 * ends in zeroes and lives on. NULL: no memory.
 */
const struct file_operations *module_fops(struct module *mod,
					  const struct file_operations *fops);
