/* SPDX-License-Identifier: MIT */
/*
 * A character device of the old school: a region of numbers, cdevs, a class with
 * attributes, waiting by hand, a guard.
 * Written as for a kernel, and nothing changed.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": %s: " fmt, __func__

#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/fs.h>
#include <linux/init.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/version.h>
#include <linux/wait.h>

#define NR_DEVS 2
#define BUFSZ	4096

static int buf_size = BUFSZ;
module_param(buf_size, int, 0444);
MODULE_PARM_DESC(buf_size, "bytes in each buffer");

struct old_char_dev {
	struct cdev cdev;
	struct mutex lock;
	wait_queue_head_t readq;
	char *buf;
	size_t len;
	dev_t devt;
	atomic_t opens;
};

static dev_t old_char_base;
static struct class *old_char_class;
static struct old_char_dev devs[NR_DEVS];

static int old_char_open(struct inode *inode, struct file *filp)
{
	struct old_char_dev *d =
		container_of(inode->i_cdev, struct old_char_dev, cdev);

	filp->private_data = d;
	pr_debug("%u:%u opened %d times by %s[%d]\n", MAJOR(d->devt),
		 MINOR(d->devt), atomic_inc_return(&d->opens), current->comm,
		 task_pid_nr(current));
	return nonseekable_open(inode, filp);
}

static int old_char_release(struct inode *inode, struct file *filp)
{
	struct old_char_dev *d = filp->private_data;

	atomic_dec(&d->opens);
	return 0;
}

static ssize_t old_char_read(struct file *filp, char __user *buf, size_t count,
			     loff_t *ppos)
{
	struct old_char_dev *d = filp->private_data;
	DECLARE_WAITQUEUE(wait, current);
	ssize_t ret = 0;

	if (mutex_lock_interruptible(&d->lock))
		return -ERESTARTSYS;
	add_wait_queue(&d->readq, &wait);
	while (d->len == 0) {
		set_current_state(TASK_INTERRUPTIBLE);
		mutex_unlock(&d->lock);
		if (filp->f_flags & O_NONBLOCK) {
			ret = -EAGAIN;
			goto out;
		}
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			goto out;
		}
		schedule();
		mutex_lock(&d->lock);
	}
	count = min(count, d->len);
	if (copy_to_user(buf, d->buf, count)) {
		ret = -EFAULT;
	} else {
		memmove(d->buf, d->buf + count, d->len - count);
		d->len -= count;
		ret = count;
	}
	mutex_unlock(&d->lock);
out:
	set_current_state(TASK_RUNNING);
	remove_wait_queue(&d->readq, &wait);
	pr_debug("%zd at %lld\n", ret, *ppos);
	return ret;
}

static ssize_t old_char_write(struct file *filp, const char __user *buf,
			      size_t count, loff_t *ppos)
{
	struct old_char_dev *d = filp->private_data;

	guard(mutex)(&d->lock);
	if (d->len == (size_t)buf_size)
		return -ENOSPC;
	count = min_t(size_t, count, buf_size - d->len);
	if (copy_from_user(d->buf + d->len, buf, count))
		return -EFAULT;
	print_hex_dump_debug("old_char: ", DUMP_PREFIX_OFFSET, 16, 1,
			     d->buf + d->len, count, true);
	d->len += count;
	wake_up_interruptible(&d->readq);
	return count;
}

static const struct file_operations old_char_fops = {
	.owner = THIS_MODULE,
	.open = old_char_open,
	.release = old_char_release,
	.read = old_char_read,
	.write = old_char_write,
	.llseek = no_llseek,
};

static ssize_t fill_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct old_char_dev *d = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%zu of %d\n", d->len, buf_size);
}
static DEVICE_ATTR_RO(fill);
static struct attribute *old_char_attrs[] = { &dev_attr_fill.attr, NULL };
ATTRIBUTE_GROUPS(old_char);

static int __init old_char_init(void)
{
	struct device *dev;
	int i, ret;

	ret = alloc_chrdev_region(&old_char_base, 0, NR_DEVS, KBUILD_MODNAME);
	if (ret < 0) {
		pr_err("no numbers: %pe\n", ERR_PTR(ret));
		return ret;
	}
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 4, 0)
	old_char_class = class_create(KBUILD_MODNAME);
#else
	old_char_class = class_create(THIS_MODULE, KBUILD_MODNAME);
#endif
	if (IS_ERR(old_char_class)) {
		ret = PTR_ERR(old_char_class);
		goto fail_class;
	}
	old_char_class->dev_groups = old_char_groups;
	for (i = 0; i < NR_DEVS; i++) {
		struct old_char_dev *d = &devs[i];

		mutex_init(&d->lock);
		init_waitqueue_head(&d->readq);
		d->buf = kvzalloc(buf_size, GFP_KERNEL);
		if (!d->buf) {
			ret = -ENOMEM;
			goto fail;
		}
		d->devt = MKDEV(MAJOR(old_char_base), MINOR(old_char_base) + i);
		cdev_init(&d->cdev, &old_char_fops);
		d->cdev.owner = THIS_MODULE;
		ret = cdev_add(&d->cdev, d->devt, 1);
		if (ret)
			goto fail;
		dev = device_create(old_char_class, NULL, d->devt, d,
				    "old-char%d", i);
		if (IS_ERR(dev)) {
			ret = PTR_ERR(dev);
			goto fail;
		}
		dev_info(dev, "ready, number 0x%x, %d bytes\n", d->devt,
			 buf_size);
	}
	return 0;
fail:
	for (i = 0; i < NR_DEVS; i++) {
		if (devs[i].devt) {
			device_destroy(old_char_class, devs[i].devt);
			cdev_del(&devs[i].cdev);
		}
		kvfree(devs[i].buf);
	}
	class_destroy(old_char_class);
fail_class:
	unregister_chrdev_region(old_char_base, NR_DEVS);
	return ret;
}

static void __exit old_char_exit(void)
{
	int i;

	for (i = 0; i < NR_DEVS; i++) {
		device_destroy(old_char_class, devs[i].devt);
		cdev_del(&devs[i].cdev);
		kvfree(devs[i].buf);
	}
	class_destroy(old_char_class);
	unregister_chrdev_region(old_char_base, NR_DEVS);
}

module_init(old_char_init);
module_exit(old_char_exit);
MODULE_LICENSE("GPL v2");
MODULE_AUTHOR("A. Author <a@example.org>");
MODULE_DESCRIPTION("character devices");
MODULE_VERSION("1.0");
