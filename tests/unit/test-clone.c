/* SPDX-License-Identifier: MIT */
/* Elements which applications make, by requests on a class's clone node. */
#include "factory-rig.h"
#include "inband-rig.h"
#include "vfs/file.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <wire/bind.h>

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
	ck_assert_int_eq(rig_attrs_value, 42);
	/* It is that element now. */
	ck_assert_int_eq(send_ioctl(a, _IO('t', 0)), 42);
	ck_assert_int_eq(rig_loaded.refs, 3);

	ck_assert_int_eq(clone_inlined(b, "one", 0, NULL), -EEXIST);
	ck_assert_int_eq(clone_inlined(b, "", EVL_CLONE_PUBLIC, NULL), -EINVAL);
	ck_assert_int_eq(clone_inlined(b, "a/b", 0, NULL), -EINVAL);
	rig_building_fails = true;
	ck_assert_int_eq(clone_inlined(b, "two", 0, NULL), -EXDEV);
	rig_building_fails = false;
	ck_assert_int_eq(clone_inlined(b, "", 0, NULL), 0);
	ck_assert_int_eq(send_ioctl(b, _IO('t', 0)), -1);
	ck_assert_ptr_null(node_find("evl/thing/two"));

	/* The public one lives on in whoever has it open. */
	c = open_node("evl/thing/one");
	release(a);
	ck_assert_int_eq(rig_nr_disposed, 0);
	ck_assert_int_eq(send_ioctl(c, _IO('t', 0)), 42);
	release(c);
	ck_assert_int_eq(rig_nr_disposed, 1);
	ck_assert_ptr_null(node_find("evl/thing/one"));
	release(b);
	ck_assert_int_eq(rig_nr_disposed, 2);
}
END_TEST

/* As the kernel has it. */
static ssize_t clone_by_pointers(struct open_file *of, const char *name,
				 const int *attrs, struct evl_clone_req *r_req)
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

	*r_req = call.req;

	return ret;
}

START_TEST(so_do_requests_with_pointers)
{
	struct open_file *of = open_node("evl/thing/clone"), *other;
	const int value = 5, *bad_attrs = (const int *)8;
	struct evl_clone_req req;

	ck_assert_int_eq(clone_by_pointers(of, NULL, &value, &req), -EINVAL);
	ck_assert_int_eq(clone_by_pointers(of, "p", bad_attrs, &req), -EFAULT);
	ck_assert_int_eq(clone_by_pointers(of, (const char *)8, &value, &req),
			 -EFAULT);
	ck_assert_int_eq(clone_by_pointers(of, "p", &value, &req), 0);
	ck_assert_uint_eq(req.eids.minor, 0);
	ck_assert_uint_ne(req.eids.fundle, 0);
	ck_assert_uint_eq(req.eids.state_offset, ~0U);
	/* The library makes one. */
	ck_assert_uint_eq(req.efd, EVL_CLONE_NO_EFD);
	ck_assert_int_eq(send_ioctl(of, _IO('t', 0)), 5);
	ck_assert_ptr_nonnull(node_find("evl/thing/p"));
	/* Once is once, though all else is the driver's by now. */
	ck_assert_int_eq(clone_by_pointers(of, "q", &value, &req), -EBUSY);
	ck_assert_ptr_null(node_find("evl/thing/q"));
	other = open_node("evl/thing/p");
	ck_assert_int_eq(send_ioctl(other, EVL_IOC_CLONE), 5);
	release(other);
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

	rig_building_waits = true;
	start(&call);
	ck_assert(!call.done);
	ck_assert_int_eq(clone_inlined(of, "", 0, NULL), -EBUSY);
	complete_all(&rig_go);
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

	evl_delete_factory(&rig_fac);
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
	rig_on_a_fiber(open_torn_down);
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
	rig_fac = rig_proto;
	rig_fac.attrs = thing_groups;
	ck_assert_int_eq(__evl_create_factory(&rig_fac, &rig_driver), 0);
}

START_TEST(elements_have_attributes)
{
	char text[16] = "";
	struct call call = {
		.rq = { .op = VFS_READ, .buf = text, .count = sizeof(text) }
	};
	struct open_file *of;
	const int value = 7;

	evl_delete_factory(&rig_fac);
	rig_on_a_fiber(create_with_attributes);
	of = open_node("evl/thing/clone");
	ck_assert_int_eq(clone_inlined(of, "seven", 0, &value), 0);

	call.rq.file = open_node("evl/sys/class/thing/seven/value");
	ck_assert_int_eq(submit(&call), 2);
	ck_assert_str_eq(text, "7\n");
	release(call.rq.file);
	release(of);
	ck_assert_ptr_null(node_find("evl/sys/class/thing/seven/value"));
	ck_assert_int_eq(rig_nr_disposed, 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/clone");
	TCase *tcase = tcase_create("clone");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_clone_node_makes_elements);
	tcase_add_test(tcase, so_do_requests_with_pointers);
	tcase_add_test(tcase, a_clone_file_becomes_one_element);
	tcase_add_test(tcase, no_more_are_made_than_there_are);
	tcase_add_test(tcase, a_class_that_was_deleted_makes_none);
	tcase_add_test(tcase, what_is_being_torn_down_is_not_opened);
	tcase_add_test(tcase, elements_have_attributes);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
