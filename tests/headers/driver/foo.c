/* SPDX-License-Identifier: MIT */
/*
 * A driver of the shape EVL's documents teach: per-file state with an evl_file
 * and a flag, nothing included but what they say. Here with a handler for each
 * side and a device, in the old style of two-argument class_create().
 */
#include <evl/file.h>
#include <evl/flag.h>
#include <slab.h>

struct foo_private_state {
	int count;
	struct evl_flag eflag;
	struct evl_file efile;
};

static int foo_open(struct inode *inode, struct file *filp)
{
	struct foo_private_state *p;
	int ret;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (p == NULL)
		return -ENOMEM;

	ret = evl_open_file(&p->efile, filp);
	if (ret) {
		kfree(p);
		return ret;
	}

	evl_init_flag(&p->eflag);
	filp->private_data = p;

	return 0;
}

static int foo_release(struct inode *inode, struct file *filp)
{
	struct foo_private_state *p = filp->private_data;

	evl_destroy_flag(&p->eflag);
	evl_release_file(&p->efile);
	kfree(p);

	return 0;
}

static long foo_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct foo_private_state *p = filp->private_data;

	evl_raise_flag(&p->eflag);

	return put_user(p->count, (int __user *)arg);
}

static ssize_t foo_oob_read(struct file *filp, char __user *u_buf, size_t count)
{
	struct foo_private_state *p = filp->private_data;
	int ret;

	ret = evl_wait_flag(&p->eflag);
	if (ret)
		return ret;

	p->count++;
	if (raw_copy_to_user(u_buf, &p->count, min(count, sizeof(p->count))))
		return -EFAULT;

	return min_t(ssize_t, count, sizeof(p->count));
}

static const struct file_operations foo_fops = {
	.owner = THIS_MODULE,
	.open = foo_open,
	.release = foo_release,
	.unlocked_ioctl = foo_ioctl,
	.oob_read = foo_oob_read,
};

static struct class *foo_class;
static int foo_major;

static int __init foo_init(void)
{
	struct device *dev;

	foo_major = register_chrdev(0, "foo", &foo_fops);
	if (foo_major < 0)
		return foo_major;

	foo_class = class_create(THIS_MODULE, "foo");
	if (IS_ERR(foo_class)) {
		unregister_chrdev(foo_major, "foo");
		return PTR_ERR(foo_class);
	}

	dev = device_create(foo_class, NULL, MKDEV(foo_major, 0), NULL, "foo");
	if (IS_ERR(dev)) {
		pr_err("foo: no device\n");
		class_destroy(foo_class);
		unregister_chrdev(foo_major, "foo");
		return PTR_ERR(dev);
	}

	return 0;
}
module_init(foo_init);

static void __exit foo_exit(void)
{
	device_destroy(foo_class, MKDEV(foo_major, 0));
	class_destroy(foo_class);
	unregister_chrdev(foo_major, "foo");
}
module_exit(foo_exit);

MODULE_AUTHOR("somebody");
MODULE_LICENSE("GPL");
