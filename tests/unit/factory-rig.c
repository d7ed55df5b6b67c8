/* SPDX-License-Identifier: MIT */
#include "factory-rig.h"

#include "inband-rig.h"
#include "kapi/task.h"
#include "kapi/uaccess.h"
#include "own-memory.h"
#include "vfs/file.h"
#include "vfs/node.h"

#include <check.h>
#include <errno.h>
#include <linux/uaccess.h>
#include <stdlib.h>

int rig_nr_disposed, rig_attrs_value;
const void *rig_disposer; /* the fiber on which it was */
bool rig_building_fails, rig_building_waits;
struct completion rig_go;

struct evl_element *rig_build(struct evl_factory *fac,
			      const char __user *u_name, void __user *u_attrs,
			      int clone_flags, u32 *state_offp)
{
	struct thing *thing;
	int ret;

	if (rig_building_fails)
		return ERR_PTR(-EXDEV);
	if (rig_building_waits)
		wait_for_completion(&rig_go);
	rig_attrs_value = -1;
	if (u_attrs && copy_from_user(&rig_attrs_value, u_attrs, sizeof(int)))
		return ERR_PTR(-EFAULT);

	thing = calloc(1, sizeof(*thing));
	ret = evl_init_user_element(&thing->element, fac, u_name, clone_flags);
	if (ret) {
		free(thing);
		return ERR_PTR(ret);
	}
	thing->value = rig_attrs_value;

	return &thing->element;
}

void rig_dispose(struct evl_element *e)
{
	rig_disposer = fiber_current();
	rig_nr_disposed++;
	evl_destroy_element(e);
	free(container_of(e, struct thing, element));
}

static long thing_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return element_of(filp, struct thing)->value;
}

const struct file_operations rig_fops = {
	.open = evl_open_element,
	.release = evl_release_element,
	.unlocked_ioctl = thing_ioctl,
};

struct loaded rig_loaded;
struct module rig_driver;

const struct evl_factory rig_proto = {
	.name = "thing",
	.fops = &rig_fops,
	.nrdev = NR_THINGS,
	.build = rig_build,
	.dispose = rig_dispose,
	.flags = EVL_FACTORY_CLONE,
};
struct evl_factory rig_fac;
static struct task_struct task;

/* Each step of a test runs on a fiber which works for the test itself. */
static void (*step_func)(void);
static bool done;

static void run_step(void *arg)
{
	task_set(fiber_current(), &task);
	step_func();
	task_set(fiber_current(), NULL);
	done = true;
}

void rig_on_a_fiber(void (*func)(void))
{
	done = false;
	step_func = func;
	inband_fiber(run_step, NULL);
	inband_await(&done);
}

void rig_create(void)
{
	rig_fac = rig_proto;
	ck_assert_int_eq(__evl_create_factory(&rig_fac, &rig_driver), 0);
}

void rig_setup(void)
{
	inband_setup();
	rig_loaded = (struct loaded){ .mod = &rig_driver,
				      .name = "driver",
				      .refs = 1 };
	rig_loaded.state = LOADED_LIVE;
	rig_driver =
		(struct module){ .name = "driver",
				 .fops_size = sizeof(struct file_operations),
				 .loaded = &rig_loaded };
	task = (struct task_struct){ .pid = 1, .reach = &own_memory };
	rig_nr_disposed = 0;
	rig_building_fails = rig_building_waits = false;
	init_completion(&rig_go);
	user_set_reach(&own_memory);
	rig_on_a_fiber(rig_create);
}

void rig_teardown(void)
{
	inband_step();
	evl_delete_factory(&rig_fac);
	ck_assert_uint_eq(open_file_count(), 0);
	ck_assert_ptr_null(rig_fac.inside);
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_int_eq(rig_loaded.refs, 1);
	inband_teardown();
}

struct thing *rig_new_thing(void)
{
	struct thing *thing = calloc(1, sizeof(*thing));

	ck_assert_int_eq(evl_init_element(&thing->element, &rig_fac, 0), 0);

	return thing;
}
