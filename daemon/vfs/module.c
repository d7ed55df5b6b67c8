/* SPDX-License-Identifier: MIT */
#include "vfs/module.h"

#include "base/log.h"
#include "stage/inband.h"
#include "vfs/attr.h"
#include "vfs/chrdev.h"
#include "vfs/class.h"
#include "vfs/misc.h"
#include "vfs/node.h"
#include "vfs/param.h"

#include <assert.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A driver's table of operations, in full size. */
struct fops_copy {
	struct file_operations full;
	const struct file_operations *fops; /* the driver's */
	struct list_head link;
};

/* What we keep about a driver; never freed, as its code is never unmapped. */
struct loaded {
	struct module *mod; /* in the shared object */
	char *path;	    /* owned, absolute */
	char *name;	    /* owned */
	const void *base;   /* where the shared object is mapped */
	struct list_head copies;
	struct list_head link;
};

static LIST_HEAD(drivers); /* in service, oldest first */
static LIST_HEAD(retired); /* init failed, or ended: kept for open files */

/* Whose init or exit function runs, and on which fiber. */
static struct module *current_module;
static const struct fiber *current_fiber;

static struct loaded *loaded_of(const struct module *mod)
{
	return mod->loaded;
}

static const void *base_of(const void *addr)
{
	Dl_info info;

	return dladdr(addr, &info) ? info.dli_fbase : NULL;
}

struct module *module_current(void)
{
	return fiber_current() == current_fiber ? current_module : NULL;
}

struct module *module_at(const void *addr)
{
	const void *base = base_of(addr);
	struct loaded *drv;

	if (base == NULL)
		return NULL;
	if (current_module && loaded_of(current_module)->base == base)
		return current_module;
	list_for_each_entry(drv, &drivers, link)
		if (drv->base == base)
			return drv->mod;

	return NULL;
}

const char *module_name_at(const void *addr)
{
	const struct module *mod = module_at(addr);

	return mod ? module_name(mod) : "(unknown)";
}

const struct module *module_nth(unsigned int n)
{
	struct loaded *drv;

	list_for_each_entry(drv, &drivers, link)
		if (n-- == 0)
			return drv->mod;

	return NULL;
}

const char *module_name(const struct module *mod)
{
	return loaded_of(mod)->name;
}

const char *module_path(const struct module *mod)
{
	return loaded_of(mod)->path;
}

unsigned int module_nr_nodes(const struct module *mod)
{
	unsigned int count = 0;
	struct node *node;

	for (node = node_after(0); node; node = node_after(node->serial))
		count += node->driver == module_name(mod);

	return count;
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

/* "/a/foo-bar.so" is foo_bar. */
static char *name_from_path(const char *path)
{
	const char *base = strrchr(path, '/') + 1;
	char *name = strndup(base, strcspn(base, "."));

	for (char *c = name; c && *c; c++)
		if (*c == '-')
			*c = '_';

	return name;
}

static struct loaded *loaded_free(struct loaded *drv)
{
	if (drv == NULL)
		return NULL;

	free(drv->path);
	free(drv->name);
	free(drv);

	return NULL;
}

/* Tell why the dynamic linker refused @path, without naming it twice. */
static int explain_dlopen(const char *path)
{
	const char *why = dlerror(), *text = why ? why : "?", *remedy;
	size_t len = strlen(path);

	if (strncmp(text, path, len) == 0 && strncmp(text + len, ": ", 2) == 0)
		text += len + 2;

	if (strncmp(text, "undefined symbol", 16) == 0)
		remedy = "this evl-cused has no such service, nor has a driver "
			 "it was linked with: do without it";
	else if (text == why)
		remedy = "install what is missing";
	else
		remedy = "build it with cc -shared -fPIC $(pkg-config --cflags "
			 "evl-driver)";
	log_err("driver %s: %s: %s", path, text, remedy);

	return -ENOEXEC;
}

/* Map @path and find the struct module in it. */
static int map_object(const char *path, struct module **r_mod)
{
	struct module *const *where;
	void *handle;

	handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (handle == NULL)
		return explain_dlopen(path);

	where = dlsym(handle, EVL_DRIVER_SYMBOL);
	if (where == NULL) {
		log_err("driver %s: not a driver: it does not include "
			"<linux/module.h> of pkg-config evl-driver",
			path);
		return -ENOEXEC;
	}
	if ((*where)->abi != EVL_DRIVER_ABI) {
		log_err("driver %s: built for driver ABI %u, this evl-cused "
			"has %u: build it again",
			path, (*where)->abi, EVL_DRIVER_ABI);
		return -ENOEXEC;
	}
	*r_mod = *where;

	return 0;
}

static bool is_in_service(const struct module *mod)
{
	const struct loaded *drv;

	list_for_each_entry(drv, &drivers, link)
		if (drv->mod == mod)
			return true;

	return false;
}

static int check_unique(const struct loaded *drv)
{
	const struct loaded *other;

	list_for_each_entry(other, &drivers, link) {
		if (strcmp(other->name, drv->name) != 0)
			continue;
		log_err("driver %s: a driver named %s is loaded already, from "
			"%s: name it once",
			drv->path, drv->name, other->path);
		return -EEXIST;
	}

	return 0;
}

static int loaded_new(char *path, struct module *mod, struct loaded **r_drv)
{
	struct loaded *drv;
	int ret = -ENOMEM;

	drv = calloc(1, sizeof(*drv));
	if (drv == NULL) {
		free(path);
		return ret;
	}

	INIT_LIST_HEAD(&drv->copies);
	drv->path = path;
	drv->mod = mod;
	drv->base = base_of(mod);
	drv->name = mod->name ? strdup(mod->name) : name_from_path(path);
	if (drv->name == NULL)
		goto fail;

	ret = check_unique(drv);
	if (ret)
		goto fail;

	mod->name = drv->name;
	mod->loaded = drv;
	*r_drv = drv;

	return 0;
fail:
	loaded_free(drv);

	return ret;
}

/* Remove what @mod registered and did not remove itself. */
static void drop_leftovers(struct module *mod)
{
	unsigned int count;

	count = misc_drop(mod) + class_drop_devices(mod) + chrdev_drop(mod) +
		attr_drop(mod);
	if (count && mod)
		log_debug("driver %s left %u registrations behind: removed",
			  module_name(mod), count);
}

struct module_call {
	struct module *mod;
	int ret;
};

static void run_init(void *arg)
{
	struct module_call *call = arg;

	current_fiber = fiber_current();
	if (call->mod->init)
		call->ret = call->mod->init();
	if (call->ret < 0)
		drop_leftovers(call->mod);
}

static void run_exit(void *arg)
{
	struct module_call *call = arg;

	current_fiber = fiber_current();
	if (call->mod->exit)
		call->mod->exit();
	drop_leftovers(call->mod);
}

static int call_module(struct module *mod, void (*entry)(void *arg))
{
	struct module_call call = { .mod = mod };
	int ret;

	current_module = mod;
	ret = inband_call(entry, &call);
	current_module = NULL;
	current_fiber = NULL;

	return ret ? ret : call.ret;
}

static int start_driver(const struct loaded *drv)
{
	int ret = call_module(drv->mod, run_init);
	const char *name, *text;

	if (ret >= 0) {
		log_info("driver %s: loaded from %s", drv->name, drv->path);
		return 0;
	}

	name = strerrorname_np(-ret);
	text = strerrordesc_np(-ret);
	log_err("driver %s: its init function failed with %d (%s: %s): mend "
		"that, or start without it",
		drv->path, ret, name ? name : "?", text ? text : "no errno");

	return ret;
}

static int map_path(const char *path, char **r_absolute, struct module **r_mod)
{
	char *absolute = realpath(path, NULL);
	int ret;

	if (absolute == NULL || access(absolute, R_OK)) {
		ret = -errno;
		log_err("driver %s: %s: check the path and the permissions",
			path, strerrordesc_np(-ret));
		free(absolute);
		return ret;
	}

	ret = map_object(absolute, r_mod);
	if (ret)
		free(absolute);
	else
		*r_absolute = absolute;

	return ret;
}

int module_load(const char *path, char *const params[], unsigned int nr)
{
	struct module *mod = NULL;
	char *absolute = NULL;
	struct loaded *drv;
	int ret;

	ret = map_path(path, &absolute, &mod);
	if (ret)
		return ret;
	assert(mod);
	if (is_in_service(mod)) {
		log_err("driver %s: it is loaded already: name it once", path);
		free(absolute);
		return -EEXIST;
	}

	ret = loaded_new(absolute, mod, &drv);
	if (ret)
		return ret;

	ret = param_set_all(mod, params, nr);
	if (ret == 0)
		ret = start_driver(drv);

	list_add_tail(&drv->link, ret ? &retired : &drivers);

	return ret;
}

void module_unload_all(void)
{
	struct loaded *drv;

	while (!list_empty(&drivers)) {
		drv = list_last_entry(&drivers, struct loaded, link);
		if (call_module(drv->mod, run_exit))
			log_warn("driver %s: no fiber for its exit function",
				 drv->path);
		list_move_tail(&drv->link, &retired);
	}

	drop_leftovers(NULL);
}
