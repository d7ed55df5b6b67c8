/* SPDX-License-Identifier: MIT */
/*
 * Drivers: shared objects with a struct module in them (<linux/module.h>).
 * Loaded at start, ended in reverse order at shutdown; their code stays mapped
 * until the daemon exits, so that no pointer to it ever dangles.
 *
 * Stage: in-band.
 */
#pragma once

#include <stdbool.h>

struct file_operations;
struct module;

/*
 * Load the driver at @path, with @nr parameters of the form "name=value". What
 * goes wrong is told in one line of the log, naming the thing and the remedy.
 * From the loop's own ground, not from a fiber. Blocks: as long as the driver's
 * init function. 0, or -errno: that of the init function if it failed, else
 *   -ENOENT, -EACCES ...	@path cannot be read
 *   -ENOEXEC			it is no driver, or of another ABI level
 *   -EEXIST			it is loaded already, or another of its name
 *   -EINVAL			a parameter is unknown or has no such value
 */
int module_load(const char *path, char *const params[], unsigned int nr);

/* End all drivers, last one first; remove what they leave behind. From the
 * loop's own ground, when every file is closed. */
void module_unload_all(void);

/* The @n'th driver loaded, from 0; NULL at the end. */
const struct module *module_nth(unsigned int n);
const char *module_name(const struct module *mod);
const char *module_path(const struct module *mod);
/* How many nodes it has now. */
unsigned int module_nr_nodes(const struct module *mod);

/* The driver whose code or data @addr is, NULL if that is none's. Any stage. */
struct module *module_at(const void *addr);
/* For people, never NULL. Any stage. */
const char *module_name_at(const void *addr);

/* The driver on whose behalf the calling fiber runs an init or exit function,
 * NULL if it does not. */
struct module *module_current(void);

/*
 * @fops of driver @mod (may be NULL) in the form the daemon knows: itself, or,
 * if the driver was built with a smaller struct file_operations, a copy that
 * ends in zeroes and lives on. NULL: no memory.
 */
const struct file_operations *module_fops(struct module *mod,
					  const struct file_operations *fops);
