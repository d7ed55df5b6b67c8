/* SPDX-License-Identifier: MIT */
#include "vfs/loaded.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "vfs/module.h"
#include "vfs/node.h"
#include "vfs/object.h"

#include <errno.h>
#include <linux/module.h>
#include <stdlib.h>
#include <string.h>

/* A driver's table of operations, in full size. */
struct fops_copy {
	struct file_operations full;
	const struct file_operations *fops; /* the driver's */
	struct list_head link;
};

static LIST_HEAD(drivers); /* which are not gone, oldest first */
static LIST_HEAD(gone);

struct loaded *loaded_of(const struct module *mod)
{
	return mod->loaded;
}

struct loaded *loaded_free(struct loaded *drv)
{
	if (drv == NULL)
		return NULL;

	loaded_drop_uses(drv);
	for (size_t i = 0; i < drv->nr_exports; i++)
		free(drv->exports[i].name);
	free(drv->exports);
	free(drv->path);
	free(drv->name);
	free(drv);

	return NULL;
}

static int copy_exports(struct loaded *drv, const struct object *obj)
{
	struct loaded_export *grown;
	const char *name;
	size_t at = 0;

	while ((name = object_info(obj, "export", &at))) {
		grown = realloc(drv->exports,
				(drv->nr_exports + 1) * sizeof(*grown));
		if (grown == NULL)
			return -ENOMEM;
		drv->exports = grown;
		grown[drv->nr_exports].addr = NULL;
		grown[drv->nr_exports].name = strdup(name);
		if (grown[drv->nr_exports].name == NULL)
			return -ENOMEM;
		drv->nr_exports++;
	}

	return 0;
}

static unsigned int count_generations(const char *name)
{
	const struct loaded *drv;
	unsigned int count = 0;

	list_for_each_entry(drv, &gone, link)
		count += strcmp(drv->name, name) == 0;

	return count;
}

int loaded_new(const struct object *obj, struct loaded **r_drv)
{
	struct loaded *drv = calloc(1, sizeof(*drv));

	if (drv == NULL)
		return -ENOMEM;

	INIT_LIST_HEAD(&drv->copies);
	atomic_init(&drv->state, LOADED_COMING);
	atomic_init(&drv->refs, 1);
	drv->generation = count_generations(obj->name) + 1;
	drv->path = strdup(obj->path);
	drv->name = strdup(obj->name);
	if (drv->path == NULL || drv->name == NULL || copy_exports(drv, obj)) {
		loaded_free(drv);
		return -ENOMEM;
	}
	*r_drv = drv;

	return 0;
}

void loaded_list(struct loaded *drv, struct module *mod)
{
	drv->mod = mod;
	mod->name = drv->name;
	mod->loaded = drv;
	list_add_tail(&drv->link, &drivers);
}

void loaded_unlist(struct loaded *drv)
{
	loaded_drop_uses(drv);
	loaded_set_state(drv, LOADED_GONE);
	list_move_tail(&drv->link, &gone);
}

struct loaded *loaded_next(const struct loaded *drv)
{
	const struct list_head *next = drv ? drv->link.next : drivers.next;

	return next == &drivers ? NULL : list_entry(next, struct loaded, link);
}

struct loaded *loaded_prev(const struct loaded *drv)
{
	const struct list_head *prev = drv ? drv->link.prev : drivers.prev;

	return prev == &drivers ? NULL : list_entry(prev, struct loaded, link);
}

static bool is_same_name(const char *a, const char *b)
{
	for (; *a && *b; a++, b++)
		if (*a != *b && (*a != '-' || *b != '_') &&
		    (*a != '_' || *b != '-'))
			return false;

	return *a == *b;
}

struct loaded *loaded_find(const char *name)
{
	struct loaded *drv;

	list_for_each_entry(drv, &drivers, link)
		if (is_same_name(drv->name, name))
			return drv;

	return NULL;
}

struct loaded *loaded_by_file(const char *base)
{
	struct loaded *drv;

	list_for_each_entry(drv, &drivers, link)
		if (strcmp(strrchr(drv->path, '/') + 1, base) == 0)
			return drv;

	return NULL;
}

struct loaded *loaded_exporter(const char *symbol, const void **r_addr)
{
	struct loaded *drv;

	list_for_each_entry(drv, &drivers, link) {
		for (size_t i = 0; i < drv->nr_exports; i++) {
			if (strcmp(drv->exports[i].name, symbol) != 0)
				continue;
			*r_addr = drv->exports[i].addr;
			return drv;
		}
	}

	return NULL;
}

void loaded_set_state(struct loaded *drv, enum loaded_state state)
{
	/* Relaxed: as loaded_state(). */
	atomic_store_explicit(&drv->state, state, memory_order_relaxed);
}

static bool try_get(struct loaded *drv)
{
	int refs;

	if (loaded_state(drv) >= LOADED_DEAD)
		return false;

	/* Relaxed: it guards no data, code and data stay where they are. */
	refs = atomic_load_explicit(&drv->refs, memory_order_relaxed);
	do {
		if (refs <= 0)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
		&drv->refs, &refs, refs + 1, memory_order_relaxed,
		memory_order_relaxed));

	return true;
}

static void put(struct loaded *drv)
{
	/* Release: what was done with the driver, to loaded_try_stop(). */
	if (atomic_fetch_sub_explicit(&drv->refs, 1, memory_order_release) <= 0)
		log_warn("driver %s: module_put() without try_module_get()",
			 drv->name);
}

bool loaded_try_stop(struct loaded *drv)
{
	int refs = 1;

	/* Acquire: pairs with put(). */
	return atomic_compare_exchange_strong_explicit(&drv->refs, &refs, 0,
						       memory_order_acquire,
						       memory_order_relaxed);
}

void loaded_stop_not(struct loaded *drv)
{
	/* Release: as put(). */
	atomic_fetch_add_explicit(&drv->refs, 1, memory_order_release);
}

int loaded_use(struct loaded *drv, struct loaded *other)
{
	struct loaded **grown;

	for (size_t i = 0; i < drv->nr_uses; i++)
		if (drv->uses[i] == other)
			return 0;

	grown = realloc(drv->uses,
			(drv->nr_uses + 1) * sizeof(struct loaded *));
	if (grown == NULL)
		return -ENOMEM;
	drv->uses = grown;
	if (!try_get(other))
		return -ENODEV;
	drv->uses[drv->nr_uses++] = other;

	return 0;
}

void loaded_drop_uses(struct loaded *drv)
{
	for (size_t i = 0; i < drv->nr_uses; i++)
		put(drv->uses[i]);
	free(drv->uses);
	drv->uses = NULL;
	drv->nr_uses = 0;
}

EXPORT bool try_module_get(struct module *mod)
{
	/* Without the loader's word it is in a constructor. */
	return mod == NULL || mod->loaded == NULL || try_get(loaded_of(mod));
}

EXPORT void __module_get(struct module *mod)
{
	/* Relaxed: as try_get(). */
	if (mod && mod->loaded)
		atomic_fetch_add_explicit(&loaded_of(mod)->refs, 1,
					  memory_order_relaxed);
}

EXPORT void module_put(struct module *mod)
{
	if (mod && mod->loaded)
		put(loaded_of(mod));
}

EXPORT int module_refcount(struct module *mod)
{
	int refs;

	if (mod == NULL || mod->loaded == NULL)
		return 0;

	/* Relaxed: for people to look at. */
	refs = atomic_load_explicit(&loaded_of(mod)->refs,
				    memory_order_relaxed);

	return refs > 0 ? refs - 1 : 0;
}

struct module *module_at(const void *addr)
{
	const struct image *image = image_at((uintptr_t)addr);
	struct module *mod = image ? image->owner : NULL;

	/* Its constructors run before it is listed. */
	if (mod == NULL || mod->loaded == NULL)
		return NULL;

	return loaded_state(loaded_of(mod)) == LOADED_GONE ? NULL : mod;
}

const char *module_name_at(const void *addr)
{
	const struct module *mod = module_at(addr);

	return mod ? module_name(mod) : "(unknown)";
}

const char *module_name(const struct module *mod)
{
	return loaded_of(mod)->name;
}

const char *module_path(const struct module *mod)
{
	return loaded_of(mod)->path;
}

const struct module *module_nth(unsigned int n)
{
	struct loaded *drv;

	list_for_each_entry(drv, &drivers, link)
		if (n-- == 0)
			return drv->mod;

	return NULL;
}

unsigned int module_nr_nodes(const struct module *mod)
{
	unsigned int count = 0;
	struct node *node;

	for (node = node_after(0); node; node = node_after(node->serial))
		count += node->owner == mod;

	return count;
}

const void *module_symbol(const struct module *mod, const char *name)
{
	const struct loaded *drv = loaded_of(mod);

	for (size_t i = 0; i < drv->nr_exports; i++)
		if (strcmp(drv->exports[i].name, name) == 0)
			return drv->exports[i].addr;

	return NULL;
}

const struct file_operations *module_fops(struct module *mod,
					  const struct file_operations *fops)
{
	struct fops_copy *copy;
	struct loaded *drv;

	if (mod == NULL || mod->fops_size >= sizeof(*fops))
		return fops;

	drv = loaded_of(mod);
	list_for_each_entry(copy, &drv->copies, link)
		if (copy->fops == fops)
			return &copy->full;

	copy = calloc(1, sizeof(*copy));
	if (copy == NULL)
		return NULL;

	memcpy(&copy->full, fops, mod->fops_size);
	copy->fops = fops;
	list_add(&copy->link, &drv->copies);

	return &copy->full;
}
