/* SPDX-License-Identifier: MIT */
/* Classes of elements and what they make, as drivers have them. */
#include "core/factory.h"

#include "core/element.h"
#include "inband-rig.h"
#include "kapi/task.h"
#include "kapi/uaccess.h"
#include "own-memory.h"
#include "vfs/file.h"
#include "vfs/loaded.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/completion.h>
#include <linux/module.h>
#include <linux/uaccess.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wire/bind.h>

#define NR_THINGS 4

struct thing {
	struct evl_element element;
	int value;
};

static int nr_disposed, attrs_value;
static const void *disposer; /* the fiber on which it was */
static bool building_fails, building_waits;
static struct completion go;

static struct evl_element *build(struct evl_factory *fac,
				 const char __user *u_name,
				 void __user *u_attrs, int clone_flags,
				 u32 *state_offp)
{
	struct thing *thing;
	int ret;

	if (building_fails)
		return ERR_PTR(-EXDEV);
	if (building_waits)
		wait_for_completion(&go);
	attrs_value = -1;
	if (u_attrs && copy_from_user(&attrs_value, u_attrs, sizeof(int)))
		return ERR_PTR(-EFAULT);

	thing = calloc(1, sizeof(*thing));
	ret = evl_init_user_element(&thing->element, fac, u_name, clone_flags);
	if (ret) {
		free(thing);
		return ERR_PTR(ret);
	}
	thing->value = attrs_value;

	return &thing->element;
}

static void dispose(struct evl_element *e)
{
	disposer = fiber_current();
	nr_disposed++;
	evl_destroy_element(e);
	free(container_of(e, struct thing, element));
}

static long thing_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return element_of(filp, struct thing)->value;
}

static const struct file_operations fops = {
	.open = evl_open_element,
	.release = evl_release_element,
	.unlocked_ioctl = thing_ioctl,
};

static struct loaded loaded;
static struct module driver;

static const struct evl_factory proto = {
	.name = "thing",
	.fops = &fops,
	.nrdev = NR_THINGS,
	.build = build,
	.dispose = dispose,
	.flags = EVL_FACTORY_CLONE,
};
static struct evl_factory fac;
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

static void on_a_fiber(void (*func)(void))
{
	done = false;
	step_func = func;
	inband_fiber(run_step, NULL);
	inband_await(&done);
}

static void create(void)
{
	fac = proto;
	ck_assert_int_eq(__evl_create_factory(&fac, &driver), 0);
}

static void setup(void)
{
	inband_setup();
	loaded = (struct loaded){ .mod = &driver, .name = "driver", .refs = 1 };
	loaded.state = LOADED_LIVE;
	driver = (struct module){ .name = "driver",
				  .fops_size = sizeof(struct file_operations),
				  .loaded = &loaded };
	task = (struct task_struct){ .pid = 1, .reach = &own_memory };
	nr_disposed = 0;
	building_fails = building_waits = false;
	init_completion(&go);
	user_set_reach(&own_memory);
	on_a_fiber(create);
}

static void teardown(void)
{
	inband_step();
	evl_delete_factory(&fac);
	ck_assert_uint_eq(open_file_count(), 0);
	ck_assert_ptr_null(fac.inside);
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_int_eq(loaded.refs, 1);
	inband_teardown();
}

/* What is missing or wrong in one. */
static const struct {
	int error;
	struct evl_factory fac;
} bad[] = {
	{ -EINVAL,
	  { .fops = &fops, .nrdev = 1, .build = build, .dispose = dispose } },
	{ -EINVAL,
	  { .name = "x", .nrdev = 1, .build = build, .dispose = dispose } },
	{ -EINVAL,
	  { .name = "x", .fops = &fops, .build = build, .dispose = dispose } },
	{ -EINVAL, { .name = "x", .fops = &fops, .nrdev = 1, .build = build } },
	{ -EINVAL,
	  { .name = "x",
	    .fops = &fops,
	    .nrdev = 1,
	    .dispose = dispose,
	    .flags = EVL_FACTORY_CLONE } },
	{ -EINVAL,
	  { .name = "../x", .fops = &fops, .flags = EVL_FACTORY_SINGLE } },
	{ -EEXIST,
	  { .name = "thing", .fops = &fops, .nrdev = 1, .dispose = dispose } },
	{ -EEXIST,
	  { .name = "thing/clone",
	    .fops = &fops,
	    .flags = EVL_FACTORY_SINGLE } },
};
#define NR_BAD (int)(sizeof(bad) / sizeof(bad[0]))

static int nr_bad;

static void create_bad(void)
{
	struct evl_factory other = bad[nr_bad].fac;

	ck_assert_int_eq(__evl_create_factory(&other, &driver),
			 bad[nr_bad].error);
	ck_assert_ptr_null(other.inside);
	/* Nothing happens. */
	evl_delete_factory(&other);
	ck_assert_uint_eq(node_count(), 1);
}

START_TEST(a_class_which_cannot_be_is_refused)
{
	nr_bad = _i;
	on_a_fiber(create_bad);
}
END_TEST

static void create_long(void)
{
	char name[NODE_PATH_MAX];
	struct evl_factory other = proto;

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	other.name = name;
	ck_assert_int_eq(__evl_create_factory(&other, &driver), -ENAMETOOLONG);
}

START_TEST(a_class_has_a_name_that_fits)
{
	on_a_fiber(create_long);
}
END_TEST

static void create_single(void)
{
	struct evl_factory single = {
		.name = "single",
		.fops = &fops,
		.flags = EVL_FACTORY_SINGLE,
	};
	struct node *node;

	ck_assert_int_eq(__evl_create_factory(&single, &driver), 0);
	node = node_find("evl/single");
	ck_assert_ptr_nonnull(node);
	ck_assert_ptr_eq(node->fops, &fops);
	ck_assert_ptr_eq(node->owner, &driver);
	evl_delete_factory(&single);
	evl_delete_factory(&single);
	ck_assert_ptr_null(node_find("evl/single"));
}

START_TEST(a_single_device_has_the_operations_itself)
{
	ck_assert_ptr_nonnull(node_find("evl/thing/clone"));
	on_a_fiber(create_single);
}
END_TEST

static struct thing *new_thing(void)
{
	struct thing *thing = calloc(1, sizeof(*thing));

	ck_assert_int_eq(evl_init_element(&thing->element, &fac, 0), 0);

	return thing;
}

START_TEST(elements_have_numbers_and_names_as_many_as_there_are)
{
	struct thing *things[NR_THINGS];
	struct evl_element more;

	for (unsigned int i = 0; i < NR_THINGS; i++) {
		things[i] = new_thing();
		ck_assert_uint_eq(things[i]->element.minor, i);
		ck_assert_int_eq(evl_element_name(&things[i]->element)[6],
				 '0' + (int)i);
		for (unsigned int j = 0; j < i; j++)
			ck_assert_uint_ne(things[i]->element.fundle,
					  things[j]->element.fundle);
	}
	ck_assert_str_eq(evl_element_name(&things[0]->element), "thing%0");
	ck_assert_int_eq(evl_init_element(&more, &fac, 0), -EAGAIN);

	/* What one had is another's. */
	evl_destroy_element(&things[1]->element);
	evl_destroy_element(&things[1]->element);
	ck_assert_int_eq(evl_init_element(&more, &fac, 0), 0);
	ck_assert_uint_eq(more.minor, 1);
	evl_destroy_element(&more);

	for (unsigned int i = 0; i < NR_THINGS; i++) {
		evl_destroy_element(&things[i]->element);
		free(things[i]);
	}
	ck_assert_int_eq(nr_disposed, 0);
}
END_TEST

static void show_things(void)
{
	struct thing *a = new_thing(), *b = new_thing();
	char name[EVL_MAX_NAME_LEN + 2];
	struct node *node;

	ck_assert_int_eq(evl_create_core_element_device(&a->element, &fac, "a"),
			 0);
	node = node_find("evl/thing/a");
	ck_assert_ptr_nonnull(node);
	ck_assert_ptr_eq(node->inode.i_private, &a->element);
	ck_assert_uint_eq(MINOR(node->inode.i_rdev), a->element.minor);
	ck_assert_ptr_eq(node->owner, &driver);
	ck_assert_str_eq(evl_element_name(&a->element), "a");
	ck_assert_int_eq(evl_create_core_device(&a->element, &fac, "c"),
			 -EEXIST);

	ck_assert_int_eq(evl_create_element_device(&b->element, &fac, "a"),
			 -EEXIST);
	ck_assert_int_eq(evl_create_element_device(&b->element, &fac, ""),
			 -EINVAL);
	ck_assert_int_eq(evl_create_element_device(&b->element, &fac, "a/b"),
			 -EINVAL);
	ck_assert_int_eq(evl_create_element_device(&b->element, &fac, "clone"),
			 -EINVAL);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(evl_create_element_device(&b->element, &fac, name),
			 -ENAMETOOLONG);
	name[EVL_MAX_NAME_LEN] = '\0';
	ck_assert_int_eq(evl_create_element_device(&b->element, &fac, name), 0);

	evl_remove_element_device(&a->element);
	ck_assert_ptr_null(node_find("evl/thing/a"));
	ck_assert_int_eq(evl_create_element_device(&a->element, &fac, NULL), 0);
	ck_assert_ptr_nonnull(node_find("evl/thing/a"));

	evl_put_element(&a->element);
	evl_put_element(&b->element);
	ck_assert_int_eq(nr_disposed, 2);
	ck_assert_uint_eq(node_count(), 1);
}

START_TEST(an_element_is_shown_under_its_name)
{
	on_a_fiber(show_things);
}
END_TEST

static void put_it(void *arg)
{
	evl_put_element(arg);
}

START_TEST(the_last_reference_has_it_disposed_of_on_a_fiber)
{
	struct thing *thing = new_thing();

	evl_get_element(&thing->element);
	evl_put_element(&thing->element);
	ck_assert_int_eq(nr_disposed, 0);
	/* On a fiber; as from an irq_work; as from a worker. */
	inband_stage.oob = _i == 2;
	if (_i == 0)
		inband_fiber(put_it, &thing->element);
	else
		evl_put_element(&thing->element);
	inband_stage.oob = false;
	ck_assert_int_eq(nr_disposed, 0);
	inband_step();
	ck_assert_int_eq(nr_disposed, 1);
	ck_assert_ptr_nonnull(disposer);
}
END_TEST

START_TEST(elements_outlive_their_class_but_are_not_shown)
{
	struct thing *thing = new_thing();
	struct evl_element more;

	on_a_fiber(create_single);
	evl_delete_factory(&fac);
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_int_eq(evl_init_element(&more, &fac, 0), -ESTALE);
	ck_assert_ptr_nonnull(fac.inside);
	evl_put_element(&thing->element);
	inband_step();
	ck_assert_int_eq(nr_disposed, 1);
	ck_assert_ptr_null(fac.inside);
	ck_assert_int_eq(evl_init_element(&more, &fac, 0), -ESTALE);
}
END_TEST

START_TEST(what_a_driver_leaves_behind_is_deleted)
{
	struct module other = driver;

	ck_assert_uint_eq(factory_drop(&other), 0);
	ck_assert_uint_eq(factory_drop(NULL), 0);
	ck_assert_uint_eq(factory_drop(&driver), 1);
	ck_assert_uint_eq(node_count(), 0);
	/* And may come back. */
	on_a_fiber(create);
}
END_TEST

/* A request of the kernel's. */
struct call {
	struct vfs_request rq;
	union {
		struct bind_clone inlined;
		struct evl_clone_req req;
	};
	bool done, freed;
};

static void note_done(struct vfs_request *rq)
{
	container_of(rq, struct call, rq)->done = true;
}

static void note_free(struct vfs_request *rq)
{
	container_of(rq, struct call, rq)->freed = true;
}

static void start(struct call *call)
{
	call->rq.done = note_done;
	call->rq.free = note_free;
	vfs_submit(&call->rq);
	inband_step();
}

static ssize_t submit(struct call *call)
{
	start(call);
	ck_assert(call->freed);

	return call->rq.result;
}

static struct open_file *open_node(const char *path)
{
	struct call call = { .rq = { .op = VFS_OPEN,
				     .node = node_find(path) } };

	ck_assert_ptr_nonnull(call.rq.node);
	ck_assert_int_eq(submit(&call), 0);

	return call.rq.file;
}

static void release(struct open_file *of)
{
	struct call call = { .rq = { .op = VFS_RELEASE, .file = of } };

	submit(&call);
}

static ssize_t send_ioctl(struct open_file *of, unsigned int cmd)
{
	struct call call = {
		.rq = { .op = VFS_IOCTL, .file = of, .cmd = cmd }
	};

	return submit(&call);
}

/* With everything in the request. */
static ssize_t clone_inlined(struct open_file *of, const char *name,
			     unsigned int flags, const int *attrs)
{
	struct call call = {
		.rq = {
			.op = VFS_IOCTL,
			.file = of,
			.cmd = BIND_IOC_CLONE,
			.arg = 4096,
			.in = &call.inlined,
			.in_size = sizeof(call.inlined),
			.out = &call.inlined,
			.out_size = sizeof(call.inlined),
		},
		.inlined = { .flags = flags,
			     .attrs_len = attrs ? sizeof(*attrs) : 0 },
	};
	ssize_t ret;

	snprintf(call.inlined.name, sizeof(call.inlined.name), "%s", name);
	if (attrs)
		memcpy(call.inlined.attrs, attrs, sizeof(*attrs));
	ret = submit(&call);
	if (ret == 0)
		ck_assert_uint_eq(call.inlined.state_offset, ~0U);

	return ret;
}

START_TEST(a_clone_node_makes_elements)
{
	struct open_file *a = open_node("evl/thing/clone");
	struct open_file *b = open_node("evl/thing/clone"), *c;
	const int value = 42;

	ck_assert_int_eq(send_ioctl(a, _IO('t', 0)), -ENOTTY);
	ck_assert_int_eq(clone_inlined(a, "one", EVL_CLONE_PUBLIC, &value), 0);
	ck_assert_int_eq(attrs_value, 42);
	/* It is that element now. */
	ck_assert_int_eq(send_ioctl(a, _IO('t', 0)), 42);
	ck_assert_int_eq(loaded.refs, 3);

	ck_assert_int_eq(clone_inlined(b, "one", 0, NULL), -EEXIST);
	ck_assert_int_eq(clone_inlined(b, "", EVL_CLONE_PUBLIC, NULL), -EINVAL);
	ck_assert_int_eq(clone_inlined(b, "a/b", 0, NULL), -EINVAL);
	building_fails = true;
	ck_assert_int_eq(clone_inlined(b, "two", 0, NULL), -EXDEV);
	building_fails = false;
	ck_assert_int_eq(clone_inlined(b, "", 0, NULL), 0);
	ck_assert_int_eq(send_ioctl(b, _IO('t', 0)), -1);
	ck_assert_ptr_null(node_find("evl/thing/two"));

	/* The public one lives on in whoever has it open. */
	c = open_node("evl/thing/one");
	release(a);
	ck_assert_int_eq(nr_disposed, 0);
	ck_assert_int_eq(send_ioctl(c, _IO('t', 0)), 42);
	release(c);
	ck_assert_int_eq(nr_disposed, 1);
	ck_assert_ptr_null(node_find("evl/thing/one"));
	release(b);
	ck_assert_int_eq(nr_disposed, 2);
}
END_TEST

/* As libevl does it. */
static ssize_t clone_by_pointers(struct open_file *of, const char *name,
				 const int *attrs, struct evl_element_ids *ids)
{
	struct call call = {
		.rq = {
			.op = VFS_IOCTL,
			.file = of,
			.cmd = EVL_IOC_CLONE,
			.arg = 4096,
			.in = &call.req,
			.in_size = sizeof(call.req),
			.out = &call.req,
			.out_size = sizeof(call.req),
		},
		.req = {
			.name_ptr = (uintptr_t)name,
			.attrs_ptr = (uintptr_t)attrs,
			.clone_flags = EVL_CLONE_PUBLIC,
		},
	};
	ssize_t ret = submit(&call);

	*ids = call.req.eids;

	return ret;
}

START_TEST(so_do_requests_with_pointers)
{
	struct open_file *of = open_node("evl/thing/clone");
	const int value = 5, *bad_attrs = (const int *)8;
	struct evl_element_ids ids;

	ck_assert_int_eq(clone_by_pointers(of, NULL, &value, &ids), -EINVAL);
	ck_assert_int_eq(clone_by_pointers(of, "p", bad_attrs, &ids), -EFAULT);
	ck_assert_int_eq(clone_by_pointers(of, (const char *)8, &value, &ids),
			 -EFAULT);
	ck_assert_int_eq(clone_by_pointers(of, "p", &value, &ids), 0);
	ck_assert_uint_eq(ids.minor, 0);
	ck_assert_uint_ne(ids.fundle, 0);
	ck_assert_uint_eq(ids.state_offset, ~0U);
	ck_assert_int_eq(send_ioctl(of, _IO('t', 0)), 5);
	ck_assert_ptr_nonnull(node_find("evl/thing/p"));
	release(of);
}
END_TEST

START_TEST(a_clone_file_becomes_one_element)
{
	struct open_file *of = open_node("evl/thing/clone");
	struct call call = {
		.rq = {
			.op = VFS_IOCTL,
			.file = of,
			.cmd = BIND_IOC_CLONE,
			.arg = 4096,
			.in = &call.inlined,
			.in_size = sizeof(call.inlined),
			.out = &call.inlined,
			.out_size = sizeof(call.inlined),
		},
	};

	building_waits = true;
	start(&call);
	ck_assert(!call.done);
	ck_assert_int_eq(clone_inlined(of, "", 0, NULL), -EBUSY);
	complete_all(&go);
	inband_step();
	ck_assert(call.freed);
	ck_assert_int_eq(call.rq.result, 0);
	release(of);
}
END_TEST

START_TEST(no_more_are_made_than_there_are)
{
	struct open_file *of[NR_THINGS + 1];

	for (int i = 0; i <= NR_THINGS; i++) {
		of[i] = open_node("evl/thing/clone");
		ck_assert_int_eq(clone_inlined(of[i], "", 0, NULL),
				 i < NR_THINGS ? 0 : -EAGAIN);
	}
	/* With room again it may try again. */
	release(of[0]);
	ck_assert_int_eq(clone_inlined(of[NR_THINGS], "", 0, NULL), 0);
	for (int i = 1; i <= NR_THINGS; i++)
		release(of[i]);
}
END_TEST

START_TEST(a_class_that_was_deleted_makes_none)
{
	struct open_file *of = open_node("evl/thing/clone");

	evl_delete_factory(&fac);
	ck_assert_int_eq(clone_inlined(of, "", 0, NULL), -ESTALE);
	release(of);
}
END_TEST

static void open_torn_down(void)
{
	struct inode inode = { .i_private = NULL };
	struct file filp = { .f_inode = &inode };

	ck_assert_int_eq(evl_open_element(&inode, &filp), -ESTALE);
}

START_TEST(what_is_being_torn_down_is_not_opened)
{
	on_a_fiber(open_torn_down);
}
END_TEST

static const char long_name[] =
	"0123456789012345678901234567890123456789012345678901234567890123";

static void init_by_users(void)
{
	const char __user *bad_pointer = (const char __user *)8;
	struct evl_element e, other;

	ck_assert_int_eq(evl_init_user_element(&e, &fac, bad_pointer, 0),
			 -EFAULT);
	ck_assert_int_eq(evl_init_user_element(&e, &fac, long_name, 0),
			 -ENAMETOOLONG);
	ck_assert_int_eq(evl_init_user_element(&e, &fac, long_name + 1, 0), 0);
	ck_assert_str_eq(evl_element_name(&e), long_name + 1);
	ck_assert_int_eq(e.clone_flags, 0);
	evl_destroy_element(&e);

	ck_assert_int_eq(
		evl_init_user_element(&e, &fac, NULL, EVL_CLONE_PUBLIC),
		-EINVAL);
	ck_assert_int_eq(evl_init_user_element(&e, &fac, "clone", 0), -EINVAL);
	ck_assert_int_eq(evl_init_user_element(&e, &fac, NULL, 0), 0);
	ck_assert_str_eq(evl_element_name(&e), "thing%0");
	ck_assert_int_eq(
		evl_init_user_element(&other, &fac, "x", EVL_CLONE_PUBLIC), 0);
	ck_assert_int_eq(other.clone_flags, EVL_CLONE_PUBLIC);
	evl_destroy_element(&e);
	evl_destroy_element(&other);
}

START_TEST(names_come_from_applications)
{
	on_a_fiber(init_by_users);
}
END_TEST

static ssize_t value_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct thing *thing = evl_get_element_by_dev(dev, struct thing);
	ssize_t ret = sysfs_emit(buf, "%d\n", thing->value);

	evl_put_element(&thing->element);

	return ret;
}
static DEVICE_ATTR_RO(value);
static struct attribute *thing_attrs[] = { &dev_attr_value.attr, NULL };
ATTRIBUTE_GROUPS(thing);

static void create_with_attributes(void)
{
	fac = proto;
	fac.attrs = thing_groups;
	ck_assert_int_eq(__evl_create_factory(&fac, &driver), 0);
}

START_TEST(elements_have_attributes)
{
	char text[16] = "";
	struct call call = {
		.rq = { .op = VFS_READ, .buf = text, .count = sizeof(text) }
	};
	struct open_file *of;
	const int value = 7;

	evl_delete_factory(&fac);
	on_a_fiber(create_with_attributes);
	of = open_node("evl/thing/clone");
	ck_assert_int_eq(clone_inlined(of, "seven", 0, &value), 0);

	call.rq.file = open_node("evl/sys/class/thing/seven/value");
	ck_assert_int_eq(submit(&call), 2);
	ck_assert_str_eq(text, "7\n");
	release(call.rq.file);
	release(of);
	ck_assert_ptr_null(node_find("evl/sys/class/thing/seven/value"));
	ck_assert_int_eq(nr_disposed, 1);
}
END_TEST

static struct device no_element;

START_TEST(a_device_without_an_element_has_none)
{
	ck_assert_ptr_null(evl_get_element_by_dev(&no_element, struct thing));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/factory");
	TCase *tcase = tcase_create("factory");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, a_class_which_cannot_be_is_refused, 0,
			    NR_BAD);
	tcase_add_test(tcase, a_class_has_a_name_that_fits);
	tcase_add_test(tcase, a_single_device_has_the_operations_itself);
	tcase_add_test(tcase,
		       elements_have_numbers_and_names_as_many_as_there_are);
	tcase_add_test(tcase, an_element_is_shown_under_its_name);
	tcase_add_loop_test(
		tcase, the_last_reference_has_it_disposed_of_on_a_fiber, 0, 3);
	tcase_add_test(tcase, elements_outlive_their_class_but_are_not_shown);
	tcase_add_test(tcase, what_a_driver_leaves_behind_is_deleted);
	tcase_add_test(tcase, a_clone_node_makes_elements);
	tcase_add_test(tcase, so_do_requests_with_pointers);
	tcase_add_test(tcase, a_clone_file_becomes_one_element);
	tcase_add_test(tcase, no_more_are_made_than_there_are);
	tcase_add_test(tcase, a_class_that_was_deleted_makes_none);
	tcase_add_test(tcase, what_is_being_torn_down_is_not_opened);
	tcase_add_test(tcase, names_come_from_applications);
	tcase_add_test(tcase, elements_have_attributes);
	tcase_add_test(tcase, a_device_without_an_element_has_none);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
