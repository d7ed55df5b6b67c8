/* SPDX-License-Identifier: MIT */
/* /dev/crasher-place, whose operations and attributes crash. */
#include "crasher-inside.h"

#include <evl/file.h>
#include <evl/poll.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/slab.h>

static unsigned long armed, how = CRASHER_SEGV;
static struct evl_poll_head head;

int crasher_here(enum crasher_place place)
{
	return READ_ONCE(armed) == place ? crash_now(READ_ONCE(how)) : 0;
}

static long crasher_set(struct file *filp, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case CRASHER_SET_HOW:
		WRITE_ONCE(how, arg);
		return 0;
	case CRASHER_SET_PLACE:
		WRITE_ONCE(armed, arg);
		return 0;
	case CRASHER_CALL_IT:
		WRITE_ONCE(armed, arg);
		return crasher_call((enum crasher_place)arg);
	default:
		return -ENOTTY;
	}
}

static ssize_t crasher_read(struct file *filp, char __user *u_buf, size_t count,
			    loff_t *ppos)
{
	return crasher_here(CRASHER_READ);
}

static ssize_t crasher_write(struct file *filp, const char __user *u_buf,
			     size_t count, loff_t *ppos)
{
	return crasher_here(CRASHER_WRITE);
}

static __poll_t crasher_poll(struct file *filp, struct poll_table_struct *pt)
{
	return EPOLLIN | (__poll_t)crasher_here(CRASHER_POLL);
}

static int crasher_flush(struct file *filp, fl_owner_t id)
{
	return crasher_here(CRASHER_FLUSH);
}

static ssize_t crasher_oob_read(struct file *filp, char __user *u_buf,
				size_t count)
{
	return crasher_here(CRASHER_OOB_READ);
}

static ssize_t crasher_oob_write(struct file *filp, const char __user *u_buf,
				 size_t count)
{
	return crasher_here(CRASHER_OOB_WRITE);
}

static void crash_in_unwatch(struct evl_poll_head *h)
{
	crasher_here(CRASHER_UNWATCH);
}

static __poll_t crasher_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	evl_poll_watch(&head, wait, crash_in_unwatch);

	return POLLIN | (__poll_t)crasher_here(CRASHER_OOB_POLL);
}

static vm_fault_t crash_in_fault(struct vm_fault *vmf)
{
	crasher_here(CRASHER_FAULT);

	return VM_FAULT_SIGBUS;
}

static void crash_in_close(struct vm_area_struct *vma)
{
	crasher_here(CRASHER_CLOSE);
}

static const struct vm_operations_struct crasher_vm_ops = {
	.fault = crash_in_fault,
	.close = crash_in_close,
};

static int crasher_mmap(struct file *filp, struct vm_area_struct *vma)
{
	vma->vm_ops = &crasher_vm_ops;

	return crasher_here(CRASHER_MMAP);
}

static int crasher_place_open(struct inode *inode, struct file *filp)
{
	struct evl_file *efile = kzalloc(sizeof(*efile), GFP_KERNEL);

	if (efile == NULL)
		return -ENOMEM;
	filp->private_data = efile;
	crasher_here(CRASHER_OPEN);

	return evl_open_file(efile, filp);
}

static int crasher_place_release(struct inode *inode, struct file *filp)
{
	crasher_here(CRASHER_RELEASE);
	evl_release_file(filp->private_data);
	kfree(filp->private_data);

	return 0;
}

static const struct file_operations crasher_place_fops = {
	.owner = THIS_MODULE,
	.open = crasher_place_open,
	.release = crasher_place_release,
	.read = crasher_read,
	.write = crasher_write,
	.poll = crasher_poll,
	.flush = crasher_flush,
	.mmap = crasher_mmap,
	.unlocked_ioctl = crasher_set,
	.oob_read = crasher_oob_read,
	.oob_write = crasher_oob_write,
	.oob_poll = crasher_oob_poll,
	.oob_ioctl = crasher_set,
};

static ssize_t jinx_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return crasher_here(CRASHER_SHOW);
}

static ssize_t jinx_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	return crasher_here(CRASHER_STORE);
}
static DEVICE_ATTR_RW(jinx);

static umode_t crash_in_visible(struct kobject *kobj, struct attribute *attr,
				int n)
{
	crasher_here(CRASHER_VISIBLE);

	return attr->mode;
}

static struct attribute *crasher_attrs[] = { &dev_attr_jinx.attr, NULL };

static const struct attribute_group crasher_group = {
	.attrs = crasher_attrs,
	.is_visible = crash_in_visible,
};

const struct attribute_group *crasher_groups[] = { &crasher_group, NULL };

static struct miscdevice crasher_place_dev = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "crasher-place",
	.fops = &crasher_place_fops,
	.groups = crasher_groups,
};

int crasher_file_init(void)
{
	evl_init_poll_head(&head);

	return misc_register(&crasher_place_dev);
}

void crasher_file_exit(void)
{
	misc_deregister(&crasher_place_dev);
}
