/* SPDX-License-Identifier: MIT */
/* Character devices: which nodes appear when, and what numbers are given. */
#include "suite.h"
#include "vfs/chrdev.h"
#include "vfs/class.h"
#include "vfs/module.h"
#include "vfs/node.h"

#include <errno.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>
#include <string.h>

static const struct file_operations fops = { .open = stream_open };
static struct class *class;
static struct cdev cdev;

static void setup(void)
{
	class = class_create("some");
	ck_assert(!IS_ERR(class));
	cdev_init(&cdev, &fops);
}

static void teardown(void)
{
	module_unload_all(); /* which removes what is nobody's */
	ck_assert_uint_eq(node_count(), 0);
	class_destroy(class);
}

static struct device *make_device(__kernel_dev_t dev, const char *name)
{
	return device_create(class, NULL, dev, NULL, "%s", name);
}

START_TEST(the_device_may_come_second)
{
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 3), 2), 0);
	ck_assert_uint_eq(node_count(), 0);

	ck_assert(!IS_ERR(make_device(MKDEV(60, 4), "dev4")));
	ck_assert_ptr_nonnull(node_find("dev4"));
	ck_assert_ptr_eq(node_find("dev4")->fops, &fops);
	ck_assert_ptr_eq(node_find("dev4")->inode.i_cdev, &cdev);
	ck_assert_uint_eq(iminor(&node_find("dev4")->inode), 4);
	ck_assert_uint_eq(imajor(&node_find("dev4")->inode), 60);
}
END_TEST

START_TEST(the_device_may_come_first)
{
	ck_assert(!IS_ERR(make_device(MKDEV(60, 2), "dev2")));
	ck_assert(!IS_ERR(make_device(MKDEV(60, 3), "dev3")));
	ck_assert(!IS_ERR(make_device(MKDEV(60, 4), "dev4")));
	ck_assert_uint_eq(node_count(), 0);

	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 3), 2), 0);
	ck_assert_ptr_null(node_find("dev2"));
	ck_assert_ptr_nonnull(node_find("dev3"));
	ck_assert_ptr_nonnull(node_find("dev4"));
}
END_TEST

START_TEST(either_may_go_first)
{
	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "dev0")));
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 1), 0);
	cdev_del(&cdev);
	ck_assert_uint_eq(node_count(), 0);

	/* And come back. */
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 1), 0);
	ck_assert_uint_eq(node_count(), 1);
	device_destroy(class, MKDEV(60, 0));
	ck_assert_uint_eq(node_count(), 0);
	cdev_del(&cdev);
	cdev_del(&cdev);
}
END_TEST

START_TEST(a_node_survives_in_open_files)
{
	struct node *node;

	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "dev0")));
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 1), 0);
	node = node_find("dev0");
	node_get(node); /* as an open file does */
	device_destroy(class, MKDEV(60, 0));
	cdev_del(&cdev);
	ck_assert(!node->listed);
	ck_assert_ptr_eq(node->fops, &fops);
	node_put(node);
}
END_TEST

START_TEST(names_are_unique)
{
	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "same")));
	ck_assert_int_eq(PTR_ERR(make_device(MKDEV(60, 1), "same")), -EEXIST);

	/* Of another class: not until both have a node. */
	ck_assert(
		!IS_ERR(device_create(NULL, NULL, MKDEV(60, 1), NULL, "same")));
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 2), -EEXIST);
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 1), 0);
}
END_TEST

START_TEST(names_which_cannot_be_are_refused)
{
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 1), 0);
	ck_assert_int_eq(PTR_ERR(make_device(MKDEV(60, 0), "")), -EINVAL);
	ck_assert_int_eq(PTR_ERR(make_device(MKDEV(60, 0), "..")), -EINVAL);
	ck_assert_int_eq(PTR_ERR(make_device(MKDEV(60, 0), "a!..!b")), -EINVAL);
	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "a!b")));
	ck_assert_ptr_nonnull(node_find("a/b"));
}
END_TEST

/* A directory of /dev is no node, nor the other way round. */
START_TEST(names_of_directories_are_taken)
{
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 4), 0);
	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "a!b")));
	ck_assert_int_eq(PTR_ERR(make_device(MKDEV(60, 1), "a")), -EEXIST);
	ck_assert_int_eq(PTR_ERR(make_device(MKDEV(60, 1), "a!b!c")), -ENOTDIR);
	ck_assert(!IS_ERR(make_device(MKDEV(60, 1), "a!bc")));
	ck_assert(!IS_ERR(make_device(MKDEV(60, 2), "ab")));

	/* Gone with the last node in it. */
	device_destroy(class, MKDEV(60, 0));
	device_destroy(class, MKDEV(60, 1));
	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "a")));
}
END_TEST

/* Of drivers which are called KBUILD_MODNAME, and do not know what that is. */
START_TEST(names_of_files_are_made_names_of_drivers)
{
	struct miscdevice misc = { .minor = 7, .name = "baz.c", .fops = &fops };
	struct class *other = class_create("foo.c");

	ck_assert_str_eq(other->name, "foo");
	class_destroy(other);

	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 4), 0);
	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "foo.c")));
	ck_assert(!IS_ERR(make_device(MKDEV(60, 1), "foo.conf")));
	ck_assert(!IS_ERR(
		device_create(class, NULL, MKDEV(60, 2), NULL, "bar.c%d", 0)));
	ck_assert_int_eq(misc_register(&misc), 0);
	ck_assert_ptr_nonnull(node_find("foo"));
	ck_assert_ptr_nonnull(node_find("foo.conf"));
	ck_assert_ptr_nonnull(node_find("bar0"));
	ck_assert_ptr_nonnull(node_find("baz"));
	misc_deregister(&misc);
}
END_TEST

static char *choose_name(const struct device *dev, umode_t *mode)
{
	*mode = 0666;

	return kasprintf(GFP_KERNEL, "some/%s", dev_name(dev));
}

START_TEST(a_class_may_choose_name_and_mode)
{
	class->devnode = choose_name;
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 0), 1), 0);
	ck_assert(!IS_ERR(make_device(MKDEV(60, 0), "one")));
	ck_assert_ptr_nonnull(node_find("some/one"));
	ck_assert_uint_eq(node_find("some/one")->mode, 0666);
}
END_TEST

/* As real drivers do: nothing happens the second time. */
START_TEST(a_class_may_be_destroyed_twice)
{
	struct class *other = class_create("other");

	ck_assert(!IS_ERR(other));
	class_destroy(other);
	class_destroy(other);
	class_destroy(NULL);
	class_destroy(ERR_PTR(-ENOMEM));
	ck_assert(!IS_ERR(make_device(MKDEV(60, 4), "dev4")));
}
END_TEST

START_TEST(ranges_do_not_overlap)
{
	struct cdev other;

	ck_assert_int_eq(register_chrdev_region(MKDEV(60, 4), 4, "a"), 0);
	ck_assert_int_eq(register_chrdev_region(MKDEV(60, 7), 1, "b"), -EBUSY);
	ck_assert_int_eq(register_chrdev_region(MKDEV(60, 0), 5, "b"), -EBUSY);
	ck_assert_int_eq(register_chrdev_region(MKDEV(60, 0), 4, "b"), 0);
	unregister_chrdev_region(MKDEV(60, 4), 4);
	ck_assert_int_eq(register_chrdev_region(MKDEV(60, 7), 1, "c"), 0);
	ck_assert_int_eq(register_chrdev_region(MKDEV(60, 9), 0, "d"), -EINVAL);

	cdev_init(&other, &fops);
	ck_assert_int_eq(cdev_add(&cdev, MKDEV(60, 4), 4), 0);
	ck_assert_int_eq(cdev_add(&other, MKDEV(60, 7), 4), -EBUSY);
	ck_assert_int_eq(cdev_add(&other, MKDEV(60, 8), 4), 0);
	ck_assert_int_eq(cdev_add(&other, MKDEV(60, MINORMASK), 2), -EINVAL);
}
END_TEST

START_TEST(majors_are_handed_out_until_none_is_left)
{
	__kernel_dev_t first, dev;
	int ret, count;

	ck_assert_int_eq(alloc_chrdev_region(&first, 5, 2, "x"), 0);
	ck_assert_uint_eq(MINOR(first), 5);
	for (count = 1; count < 1000; count++) {
		ret = alloc_chrdev_region(&dev, 0, 1, "x");
		if (ret)
			break;
		ck_assert_uint_ne(MAJOR(dev), MAJOR(first));
	}
	ck_assert_int_eq(ret, -ENOSPC);

	unregister_chrdev_region(first, 2);
	ck_assert_int_eq(alloc_chrdev_region(&dev, 0, 1, "x"), 0);
	ck_assert_uint_eq(MAJOR(dev), MAJOR(first));
}
END_TEST

START_TEST(the_old_call_does_it_all)
{
	int major = register_chrdev(0, "old", &fops);

	ck_assert_int_gt(major, 0);
	ck_assert(!IS_ERR(make_device(MKDEV(major, 255), "old255")));
	ck_assert_ptr_nonnull(node_find("old255"));
	ck_assert_int_eq(register_chrdev(major, "old", &fops), -EBUSY);
	unregister_chrdev(major, "old");
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_int_eq(register_chrdev(major, "old", &fops), 0);
	ck_assert_uint_eq(node_count(), 1);
}
END_TEST

static bool released;

static void note_release(struct device *dev)
{
	released = true;
}

START_TEST(a_device_of_one_s_own_is_released_once)
{
	struct device dev = { .release = note_release };

	device_initialize(&dev);
	dev.class = class;
	dev.devt = MKDEV(60, 0);
	ck_assert_int_eq(dev_set_name(&dev, "own%d", 1), 0);
	ck_assert_int_eq(cdev_device_add(&cdev, &dev), 0);
	ck_assert_ptr_nonnull(node_find("own1"));

	ck_assert_ptr_eq(get_device(&dev), &dev);
	cdev_device_del(&cdev, &dev);
	ck_assert_uint_eq(node_count(), 0);
	put_device(&dev);
	ck_assert(!released);
	put_device(&dev);
	ck_assert(released);
}
END_TEST

static struct file opened;

static int note_open(struct inode *inode, struct file *filp)
{
	opened = *filp;

	return 0;
}

static const struct file_operations misc_ops = { .open = note_open };

static struct miscdevice misc_of(int minor, const char *name)
{
	return (struct miscdevice){
		.minor = minor,
		.name = name,
		.fops = &misc_ops,
	};
}

START_TEST(a_misc_device_is_found_by_its_files)
{
	struct miscdevice one = misc_of(MISC_DYNAMIC_MINOR, "one");
	struct miscdevice two = misc_of(MISC_DYNAMIC_MINOR, "two");
	struct node *node;

	two.nodename = "deep/two";
	two.mode = 0640;
	ck_assert_int_eq(misc_register(&one), 0);
	ck_assert_int_eq(misc_register(&two), 0);
	ck_assert_int_ne(one.minor, two.minor);
	ck_assert_uint_eq(node_find("deep/two")->mode, 0640);

	node = node_find("deep/two");
	opened = (struct file){ .f_op = node->fops, .f_inode = &node->inode };
	ck_assert_int_eq(node->fops->open(&node->inode, &opened), 0);
	ck_assert_ptr_eq(opened.private_data, &two);
	ck_assert_ptr_eq(opened.f_op, &misc_ops);

	misc_deregister(&one);
	misc_deregister(&one);
	misc_deregister(&two);
	ck_assert_uint_eq(node_count(), 0);
	ck_assert_int_eq(two.minor, MISC_DYNAMIC_MINOR);
}
END_TEST

START_TEST(a_misc_minor_is_taken_once)
{
	struct miscdevice one = misc_of(130, "one");
	struct miscdevice two = misc_of(130, "two");

	ck_assert_int_eq(misc_register(&one), 0);
	ck_assert_int_eq(misc_register(&two), -EBUSY);
	misc_deregister(&one);
	ck_assert_int_eq(misc_register(&two), 0);
	misc_deregister(&two);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/chrdev");
	TCase *tc;

	tc = tcase_create("nodes");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_device_may_come_second);
	tcase_add_test(tc, the_device_may_come_first);
	tcase_add_test(tc, either_may_go_first);
	tcase_add_test(tc, a_node_survives_in_open_files);
	tcase_add_test(tc, names_are_unique);
	tcase_add_test(tc, names_which_cannot_be_are_refused);
	tcase_add_test(tc, names_of_directories_are_taken);
	tcase_add_test(tc, names_of_files_are_made_names_of_drivers);
	tcase_add_test(tc, a_class_may_choose_name_and_mode);
	tcase_add_test(tc, a_device_of_one_s_own_is_released_once);
	tcase_add_test(tc, a_class_may_be_destroyed_twice);
	suite_add_tcase(suite, tc);

	tc = tcase_create("numbers");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ranges_do_not_overlap);
	tcase_add_test(tc, majors_are_handed_out_until_none_is_left);
	tcase_add_test(tc, the_old_call_does_it_all);
	suite_add_tcase(suite, tc);

	tc = tcase_create("misc");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_misc_device_is_found_by_its_files);
	tcase_add_test(tc, a_misc_minor_is_taken_once);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
