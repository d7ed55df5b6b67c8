/* SPDX-License-Identifier: MIT */
/*
 * The life of a driver, from its file to the end of its exit function. One at a
 * time, vfs/turn.h.
 */
#include "vfs/module.h"

#include "base/error.h"
#include "base/log.h"
#include "kapi/image.h"
#include "kapi/tally.h"
#include "stage/inband.h"
#include "stage/wait.h"
#include "vfs/complaint.h"
#include "vfs/holders.h"
#include "vfs/leftover.h"
#include "vfs/linking.h"
#include "vfs/loaded.h"
#include "vfs/object.h"
#include "vfs/param.h"
#include "vfs/stay.h"
#include "vfs/turn.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ORDERS 64 /* at once */

static const struct module_isolation *isolation;

void module_set_isolation(const struct module_isolation *new_isolation)
{
	isolation = new_isolation;
}

static int call_init(void *arg)
{
	const struct module *mod = arg;

	return mod->init();
}

static int call_exit(void *arg)
{
	const struct module *mod = arg;

	mod->exit();

	return 0;
}

static int run_init(struct module *mod)
{
	return mod->init ? stay_run(mod, "init", NULL, call_init, mod) : 0;
}

static void run_exit(struct module *mod)
{
	if (mod->exit)
		stay_run(mod, "exit", NULL, call_exit, mod);
}

/* Nothing of it is in use from now on, but what is on its way out. False: some
 * of it runs on. */
static bool bury(struct loaded *drv)
{
	bool all;

	loaded_set_state(drv, LOADED_GOING);
	all = leftover_drop_all(drv->mod);
	loaded_unlist(drv);

	return all;
}

static int explain_init(const struct loaded *drv, int ret)
{
	const char *name = strerrorname_np(-ret);
	const char *text = strerrordesc_np(-ret);

	complain("driver %s: its init function failed with %d (%s: %s): mend "
		 "what the log says before this line, or start without it",
		 drv->path, ret, name ? name : "?", text ? text : "no errno");

	return ret;
}

static int start(struct loaded *drv)
{
	int ret = run_init(drv->mod);

	if (ret < 0) {
		/* Of an isolated one the process has told already. */
		if (!drv->isolated)
			explain_init(drv, ret);
		return ret;
	}
	/* It may have died as soon as it was there. */
	if (loaded_state(drv) == LOADED_DEAD)
		return -ENODEV;

	loaded_set_state(drv, LOADED_LIVE);
	log_info("driver %s: loaded from %s%s", drv->name, drv->path,
		 drv->isolated ? ", into a process of its own" : "");

	return 0;
}

void module_died(struct module *mod)
{
	struct loaded *drv = mod->loaded;

	/* While it is coming or going somebody else sees to that. */
	if (drv && loaded_state(drv) <= LOADED_LIVE)
		loaded_set_state(drv, LOADED_DEAD);
}

/* What is left of it makes room for another generation. */
static void bury_dead(struct loaded *drv);

static int check_unique(const struct object *obj)
{
	struct loaded *other = loaded_find(obj->name);

	if (other && loaded_state(other) == LOADED_DEAD) {
		bury_dead(other);
		other = NULL;
	}
	if (other == NULL)
		return 0;

	if (strcmp(other->path, obj->path) == 0)
		complain("driver %s: it is loaded already: name it once",
			 obj->path);
	else
		complain("driver %s: a driver named %s is loaded already, from "
			 "%s: name it once",
			 obj->path, obj->name, other->path);

	return -EEXIST;
}

/* Map @obj and find the struct module in it. */
static int map(struct object *obj, struct loaded *drv, struct module **r_mod)
{
	struct module *const *where;
	struct link_map *map;
	int ret;

	ret = object_map(obj, &drv->handle);
	if (ret)
		return ret;

	where = dlsym(drv->handle, EVL_DRIVER_SYMBOL);
	if ((*where)->abi != EVL_DRIVER_ABI) {
		complain("driver %s: built for driver ABI %u, this evl-cused "
			 "has %u: build it again",
			 obj->path, (*where)->abi, EVL_DRIVER_ABI);
		return -ENOEXEC;
	}
	if (dlinfo(drv->handle, RTLD_DI_LINKMAP, &map))
		return -ENOEXEC;

	*r_mod = *where;
	/* Without memory for names we go on without. */
	image_add(obj->path, obj->elf, map->l_addr, *r_mod);
	image_add_others();

	return 0;
}

static int start_or_bury(const struct object *obj, struct loaded *drv,
			 const struct module_order *order)
{
	struct visit visit;
	bool all = true;
	int ret;

	visit_begin(&visit);
	ret = tally_add(drv->name, drv->mod);
	if (ret == 0 && !drv->isolated)
		ret = param_set_all(drv->mod, obj, order->params,
				    order->nr_params);
	if (ret == 0)
		ret = start(drv);
	if (ret)
		all = bury(drv);
	visit_end(&visit, all ? NULL : &drv->kept);

	return ret;
}

static void end(struct loaded *drv)
{
	struct visit visit;

	loaded_set_state(drv, LOADED_GOING);
	visit_begin(&visit);
	run_exit(drv->mod);
	visit_end(&visit, bury(drv) ? NULL : &drv->kept);
}

static void bury_dead(struct loaded *drv)
{
	struct visit visit;

	visit_begin(&visit);
	visit_end(&visit, bury(drv) ? NULL : &drv->kept);
}

/* @drv, if it is to be had at all, in a process of its own. */
static int bring_up_apart(const struct object *obj, struct loaded *drv,
			  const struct module_order *order)
{
	struct module *mod;
	int ret = linking_check_alone(obj);

	if (ret)
		return ret;
	mod = isolation ? isolation->stand_in(drv->name, drv->path,
					      order->params, order->nr_params)
			: NULL;
	if (mod == NULL)
		return -ENOMEM;

	drv->isolated = true;
	loaded_list(drv, mod);

	return start_or_bury(obj, drv, order);
}

/* What is mapped stays, whatever comes of it. */
static int bring_up_here(struct object *obj, struct loaded *drv,
			 const struct module_order *order)
{
	struct module *mod = NULL;
	int ret;

	ret = linking_resolve(obj, drv);
	if (ret == 0)
		ret = map(obj, drv, &mod);
	if (ret)
		return ret;

	loaded_list(drv, mod);
	linking_note_exports(drv);

	return start_or_bury(obj, drv, order);
}

static int bring_up(struct object *obj, const struct module_order *order)
{
	char **params = calloc(order->nr_params + 1, sizeof(*params));
	struct module_order own = { .path = order->path, .params = params };
	struct loaded *drv = NULL;
	bool isolate;
	int ret;

	if (params == NULL)
		return -ENOMEM;
	turn_about(obj->name);
	ret = param_sort(obj->path, order, params, &own.nr_params, &isolate);
	if (ret == 0)
		ret = check_unique(obj);
	if (ret == 0)
		ret = loaded_new(obj, &drv);
	if (ret == 0)
		ret = isolate ? bring_up_apart(obj, drv, &own)
			      : bring_up_here(obj, drv, &own);
	if (drv && drv->mod == NULL)
		loaded_free(drv);
	free(params);

	return ret;
}

static int load_in_order(struct object **objs,
			 const struct module_order *orders, unsigned int nr)
{
	size_t first;
	int ret = 0;

	for (unsigned int left = nr; left && ret == 0; left--) {
		ret = linking_first(objs, nr, &first);
		if (ret)
			break;
		ret = bring_up(objs[first], &orders[first]);
		turn_about(NULL);
		objs[first] = object_free(objs[first]);
	}

	return ret;
}

static int load_all(const struct module_order *orders, unsigned int nr)
{
	struct object **objs;
	int ret = 0;

	if (nr > MAX_ORDERS)
		return -E2BIG;
	objs = calloc(nr ? nr : 1, sizeof(*objs));
	if (objs == NULL)
		return err_origin(-ENOMEM);

	ret = turn_take();
	if (ret) {
		free(objs);
		return ret;
	}
	for (unsigned int i = 0; i < nr && ret == 0; i++)
		ret = object_read(orders[i].path, &objs[i]);
	if (ret == 0)
		ret = load_in_order(objs, orders, nr);
	for (unsigned int i = 0; i < nr; i++)
		object_free(objs[i]);
	turn_give();
	free(objs);

	return ret;
}

/* For those who have no fiber yet. */
struct module_call {
	const struct module_order *orders;
	unsigned int nr;
	const char *name;
	int ret;
};

static void run_load(void *arg)
{
	struct module_call *call = arg;

	call->ret = load_all(call->orders, call->nr);
}

int module_load_all(const struct module_order *orders, unsigned int nr)
{
	struct module_call call = { .orders = orders, .nr = nr };
	int ret;

	if (fiber_current())
		return load_all(orders, nr);

	ret = inband_call(run_load, &call);

	return ret ? ret : call.ret;
}

int module_load(const char *path, char *const params[], unsigned int nr)
{
	const struct module_order order = {
		.path = path,
		.params = params,
		.nr_params = nr,
	};

	return module_load_all(&order, 1);
}

static int check_unloadable(const struct loaded *drv)
{
	if (loaded_state(drv) != LOADED_LIVE) {
		complain("driver %s: it is being loaded or unloaded already",
			 drv->name);
		return -EBUSY;
	}
	if (drv->mod->init && drv->mod->exit == NULL) {
		complain("driver %s: it has no exit function: it stays until "
			 "evl-cused ends",
			 drv->name);
		return -EBUSY;
	}

	return 0;
}

static int stop(struct loaded *drv)
{
	int ret = check_unloadable(drv);

	if (ret)
		return ret;

	holders_await_releases(drv->mod);
	if (!loaded_try_stop(drv)) {
		holders_complain(drv);
		return -EBUSY;
	}
	if (drv->isolated) {
		ret = isolation->stop(drv->mod);
		if (ret) {
			loaded_stop_not(drv);
			return ret;
		}
	}

	end(drv);
	log_info("driver %s: unloaded", drv->name);

	return 0;
}

static int unload(const char *name)
{
	struct loaded *drv;
	int ret;

	ret = turn_take();
	if (ret)
		return ret;
	turn_about(name);
	ret = -ENOENT;
	drv = loaded_find(name);
	if (drv && loaded_state(drv) == LOADED_DEAD) {
		bury_dead(drv);
		ret = 0;
	} else if (drv)
		ret = stop(drv);
	else
		complain("driver %s: none of that name is loaded: evl driver "
			 "list shows those which are",
			 name);
	turn_give();

	return ret;
}

static void run_unload(void *arg)
{
	struct module_call *call = arg;

	call->ret = unload(call->name);
}

int module_unload(const char *name)
{
	struct module_call call = { .name = name };
	int ret;

	if (fiber_current())
		return unload(name);

	ret = inband_call(run_unload, &call);

	return ret ? ret : call.ret;
}

/* The last one which nobody uses, else the last one; NULL: they are all ended, but
 * for those whose init or exit function sleeps on. */
static struct loaded *next_to_end(void)
{
	struct loaded *drv, *last = NULL;

	for (drv = loaded_prev(NULL); drv; drv = loaded_prev(drv)) {
		if (loaded_state(drv) != LOADED_LIVE)
			continue;
		if (module_refcount(drv->mod) == 0)
			return drv;
		if (last == NULL)
			last = drv;
	}

	return last;
}

static void run_end(void *arg)
{
	struct loaded *drv;

	while ((drv = next_to_end()))
		end(drv);
}

void module_unload_all(void)
{
	if (loaded_prev(NULL) && inband_call(run_end, NULL))
		log_warn("no fiber for the drivers' exit functions");
	leftover_drop_all(NULL);
}
