/* SPDX-License-Identifier: MIT */
/* Attributes of classes and devices, as nodes. */
#include "inband-rig.h"
#include "vfs/attr.h"
#include "vfs/file.h"
#include "vfs/node.h"
#include "vfs/request.h"

#include <errno.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/sysfs.h>
#include <string.h>

static char value[16] = "one\n";
static struct completion go;
static bool stays, inside;

static ssize_t text_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	inside = true;
	if (stays)
		wait_for_completion(&go);
	inside = false;

	return sysfs_emit(buf, "%s", value);
}

static ssize_t text_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	if (count >= sizeof(value))
		return -E2BIG;
	strcpy(value, buf);

	return (ssize_t)count;
}
static DEVICE_ATTR_RW(text);

static ssize_t secret_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	return (ssize_t)count;
}
static DEVICE_ATTR(secret, 0200, NULL, secret_store);

static struct attribute *attrs[] = {
	&dev_attr_text.attr,
	&dev_attr_secret.attr,
	NULL,
};

static umode_t visible(struct kobject *kobj, struct attribute *attr, int n)
{
	return n == 0 ? 0444 : 0;
}

static const struct attribute_group plain = { .attrs = attrs };
static const struct attribute_group named = {
	.name = "group",
	.attrs = attrs,
	.is_visible = visible,
};
static const struct attribute_group *groups[] = { &plain, &named, NULL };

static ssize_t title_show(const struct class *class,
			  const struct class_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%s\n", class->name);
}
static CLASS_ATTR_RO(title);

static struct attribute *class_attrs[] = { &class_attr_title.attr, NULL };
ATTRIBUTE_GROUPS(class);

static struct class class = {
	.name = "tests",
	.class_groups = class_groups,
	.dev_groups = groups,
};

static struct device *dev;
static bool done;

static void make(void *arg)
{
	ck_assert_int_eq(class_register(&class), 0);
	dev = device_create(&class, NULL, 0, NULL, "dev%d", 0);
	ck_assert(!IS_ERR(dev));
	done = true;
}

static void unmake(void *arg)
{
	if (dev)
		device_unregister(dev);
	class_unregister(&class);
	done = true;
}

static void run(void (*entry)(void *arg), void *arg)
{
	done = false;
	inband_fiber(entry, arg);
	inband_await(&done);
}

static void setup(void)
{
	inband_setup();
	init_completion(&go);
	run(make, NULL);
}

static void teardown(void)
{
	complete_all(&go);
	run(unmake, NULL);
	ck_assert_uint_eq(node_count(), 0);
	inband_teardown();
}

static struct vfs_request rq;
static bool answered, freed;
static char buf[64];

static void on_done(struct vfs_request *r)
{
	answered = true;
}

static void on_free(struct vfs_request *r)
{
	freed = true;
}

static void submit(enum vfs_op op, struct open_file *of, size_t count)
{
	rq = (struct vfs_request){
		.op = op,
		.node = op == VFS_OPEN ? rq.node : NULL,
		.file = of,
		.flags = O_RDWR,
		.buf = buf,
		.count = count,
		.done = on_done,
		.free = on_free,
	};
	answered = freed = false;
	vfs_submit(&rq);
	inband_step();
}

static struct open_file *open_attr(const char *path)
{
	struct node *node = node_find(path);

	ck_assert_msg(node != NULL, "%s is missing", path);
	rq.node = node;
	submit(VFS_OPEN, NULL, 0);
	ck_assert(answered);
	ck_assert_int_eq(rq.result, 0);

	return rq.file;
}

static void close_attr(struct open_file *of)
{
	submit(VFS_RELEASE, of, 0);
	ck_assert(answered);
}

static ssize_t read_attr(struct open_file *of, size_t count)
{
	memset(buf, 0, sizeof(buf));
	submit(VFS_READ, of, count);

	return answered ? rq.result : -EINPROGRESS;
}

static ssize_t write_attr(struct open_file *of, const char *text)
{
	strcpy(buf, text);
	submit(VFS_WRITE, of, strlen(text));

	return rq.result;
}

START_TEST(they_have_the_modes_they_were_given)
{
	ck_assert_uint_eq(node_count(), 4);
	ck_assert_uint_eq(node_find("evl/sys/class/tests/title")->mode, 0444);
	ck_assert_uint_eq(node_find("evl/sys/class/tests/dev0/text")->mode,
			  0644);
	ck_assert_uint_eq(node_find("evl/sys/class/tests/dev0/secret")->mode,
			  0200);
	ck_assert_uint_eq(
		node_find("evl/sys/class/tests/dev0/group/text")->mode, 0444);
	ck_assert_ptr_null(node_find("evl/sys/class/tests/dev0/group/secret"));
}
END_TEST

START_TEST(a_value_is_read_to_its_end_and_then_anew)
{
	struct open_file *of = open_attr("evl/sys/class/tests/dev0/text");

	ck_assert_int_eq(read_attr(of, 2), 2);
	ck_assert_str_eq(buf, "on");
	strcpy(value, "two\n"); /* not what is being read */
	ck_assert_int_eq(read_attr(of, 60), 2);
	ck_assert_str_eq(buf, "e\n");
	ck_assert_int_eq(read_attr(of, 60), 0);
	ck_assert_int_eq(read_attr(of, 60), 4);
	ck_assert_str_eq(buf, "two\n");
	close_attr(of);

	of = open_attr("evl/sys/class/tests/title");
	ck_assert_int_eq(read_attr(of, 60), 6);
	ck_assert_str_eq(buf, "tests\n");
	ck_assert_int_eq(write_attr(of, "x"), -EIO);
	close_attr(of);
}
END_TEST

START_TEST(a_value_is_stored_as_a_whole)
{
	struct open_file *of = open_attr("evl/sys/class/tests/dev0/text");

	ck_assert_int_eq(write_attr(of, "three\n"), 6);
	ck_assert_str_eq(value, "three\n");
	ck_assert_int_eq(read_attr(of, 60), 6);
	ck_assert_int_eq(write_attr(of, "much longer than there is room"),
			 -E2BIG);
	close_attr(of);

	of = open_attr("evl/sys/class/tests/dev0/secret");
	ck_assert_int_eq(read_attr(of, 60), -EIO);
	ck_assert_int_eq(write_attr(of, "x"), 1);
	close_attr(of);
}
END_TEST

static void remove_text(void *arg)
{
	device_remove_file(dev, &dev_attr_text);
	done = true;
}

START_TEST(who_removes_one_waits_for_its_functions)
{
	struct open_file *of = open_attr("evl/sys/class/tests/dev0/text");

	stays = true;
	ck_assert_int_eq(read_attr(of, 60), -EINPROGRESS);
	ck_assert(inside);
	done = false;
	inband_fiber(remove_text, NULL);
	inband_step();
	ck_assert(!done);
	ck_assert_ptr_null(node_find("evl/sys/class/tests/dev0/text"));
	complete_all(&go);
	inband_await(&done);
	ck_assert(answered);
	ck_assert_int_eq(rq.result, 4);
	ck_assert_int_eq(read_attr(of, 60), 0);
	ck_assert_int_eq(read_attr(of, 60), -ENODEV);
	ck_assert_int_eq(write_attr(of, "x"), -ENODEV);
	close_attr(of);
}
END_TEST

static void add_and_remove(void *arg)
{
	static struct device_attribute clone =
		__ATTR(text, 0644, text_show, NULL);
	static DEVICE_ATTR(fresh, 0400, text_show, NULL);
	static struct attribute *clash[] = { &dev_attr_fresh.attr, &clone.attr,
					     NULL };
	static const struct attribute_group clashing = { .attrs = clash };

	ck_assert_int_eq(device_create_file(dev, &clone), -EEXIST);
	/* All or none. */
	ck_assert_int_eq(sysfs_create_group(&dev->kobj, &clashing), -EEXIST);
	ck_assert_ptr_null(node_find("evl/sys/class/tests/dev0/fresh"));
	ck_assert_int_eq(device_create_file(dev, &dev_attr_fresh), 0);
	ck_assert_ptr_nonnull(node_find("evl/sys/class/tests/dev0/fresh"));
	device_remove_file(dev, &dev_attr_fresh);
	ck_assert_ptr_null(node_find("evl/sys/class/tests/dev0/fresh"));

	sysfs_remove_groups(&dev->kobj, groups);
	ck_assert_ptr_null(node_find("evl/sys/class/tests/dev0/text"));
	ck_assert_int_eq(sysfs_create_groups(&dev->kobj, groups), 0);
	ck_assert_ptr_nonnull(node_find("evl/sys/class/tests/dev0/text"));

	class_remove_file(&class, &class_attr_title);
	ck_assert_ptr_null(node_find("evl/sys/class/tests/title"));
	ck_assert_int_eq(class_create_file(&class, &class_attr_title), 0);
	done = true;
}

START_TEST(they_come_and_go)
{
	run(add_and_remove, NULL);
}
END_TEST

START_TEST(text_is_kept_within_its_page)
{
	static char page[4096];
	int len = 0, last;

	for (int i = 0; i < 2000; i++) {
		last = sysfs_emit_at(page, len, "%04d", i);
		len += last;
	}
	ck_assert_int_eq(len, 4095);
	ck_assert_int_eq(sysfs_emit_at(page, 4095, "x"), 0);
	ck_assert_int_eq(sysfs_emit_at(page, 5000, "x"), 0);
	ck_assert_int_eq(sysfs_emit_at(page, -1, "x"), 0);
	ck_assert_int_eq(sysfs_emit(page, "%d", 5), 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/attr");
	TCase *tcase = tcase_create("attributes");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, they_have_the_modes_they_were_given);
	tcase_add_test(tcase, a_value_is_read_to_its_end_and_then_anew);
	tcase_add_test(tcase, a_value_is_stored_as_a_whole);
	tcase_add_test(tcase, who_removes_one_waits_for_its_functions);
	tcase_add_test(tcase, they_come_and_go);
	tcase_add_test(tcase, text_is_kept_within_its_page);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
