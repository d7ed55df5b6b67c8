/* SPDX-License-Identifier: MIT */
/*
 * Misc devices: all of major 10 is one cdev, whose open handler passes each
 * file on to the driver that has its minor.
 */
#include "vfs/misc.h"

#include "kapi/export.h"
#include "vfs/chrdev.h"
#include "vfs/class.h"
#include "vfs/module.h"
#include "vfs/node.h"
#include "vfs/stay.h"

#include <errno.h>
#include <linux/bitmap.h>
#include <linux/cdev.h>
#include <linux/miscdevice.h>
#include <linux/slab.h>

/* Minors handed out; those below are named by drivers. */
#define FIRST_DYNAMIC_MINOR 256
#define NR_DYNAMIC_MINORS   256

static LIST_HEAD(miscs);
static DECLARE_BITMAP(dynamic_minors, NR_DYNAMIC_MINORS);

static struct miscdevice *find_minor(unsigned int minor)
{
	struct miscdevice *misc;

	list_for_each_entry(misc, &miscs, list)
		if ((unsigned int)misc->minor == minor)
			return misc;

	return NULL;
}

static struct module *owner_of(const struct miscdevice *misc)
{
	struct module *owner = misc->fops->owner;

	if (owner == NULL)
		owner = module_at(misc->fops);

	return owner ? owner : stay_driver();
}

static int misc_open(struct inode *inode, struct file *filp)
{
	struct miscdevice *misc = find_minor(iminor(inode));
	const struct file_operations *fops;

	if (misc == NULL)
		return -ENODEV;

	fops = module_fops(owner_of(misc), misc->fops);
	if (fops == NULL)
		return -ENOMEM;

	filp->private_data = misc;
	filp->f_op = fops;

	return fops->open ? fops->open(inode, filp) : 0;
}

static const struct file_operations misc_fops = {
	.open = misc_open,
};

static struct cdev misc_cdev = {
	.ops = &misc_fops,
};

static char *misc_devnode(const struct device *dev, umode_t *mode)
{
	const struct miscdevice *misc = dev_get_drvdata(dev);

	if (misc->mode)
		*mode = misc->mode;

	return misc->nodename ? kstrdup(misc->nodename, GFP_KERNEL) : NULL;
}

static const struct class misc_class = {
	.name = "misc",
	.devnode = misc_devnode,
};

/* All of the major, from the first misc device on. */
static int add_misc_cdev(void)
{
	if (chrdev_find(MKDEV(MISC_MAJOR, 0)))
		return 0;

	return chrdev_add(&misc_cdev, MKDEV(MISC_MAJOR, 0), 1U << MINORBITS,
			  NULL);
}

static int take_minor(struct miscdevice *misc)
{
	unsigned long bit;

	if (misc->minor != MISC_DYNAMIC_MINOR)
		return find_minor((unsigned int)misc->minor) ? -EBUSY : 0;

	bit = find_first_zero_bit(dynamic_minors, NR_DYNAMIC_MINORS);
	if (bit == NR_DYNAMIC_MINORS)
		return -EBUSY;

	__set_bit((long)bit, dynamic_minors);
	misc->minor = FIRST_DYNAMIC_MINOR + (int)bit;

	return 0;
}

static void give_minor(struct miscdevice *misc)
{
	if (misc->minor < FIRST_DYNAMIC_MINOR)
		return;

	__clear_bit(misc->minor - FIRST_DYNAMIC_MINOR, dynamic_minors);
	misc->minor = MISC_DYNAMIC_MINOR;
}

EXPORT int misc_register(struct miscdevice *misc)
{
	struct device *dev;
	int ret;

	ret = add_misc_cdev();
	if (ret)
		return ret;
	ret = take_minor(misc);
	if (ret)
		return ret;

	list_add_tail(&misc->list, &miscs);
	dev = class_add_device(&misc_class, owner_of(misc), misc->parent,
			       MKDEV(MISC_MAJOR, misc->minor), misc,
			       misc->groups, misc->name);
	if (IS_ERR(dev)) {
		list_del(&misc->list);
		give_minor(misc);
		return (int)PTR_ERR(dev);
	}
	misc->this_device = dev;

	return 0;
}

EXPORT void misc_deregister(struct miscdevice *misc)
{
	if (misc->this_device == NULL)
		return;

	device_destroy(&misc_class, MKDEV(MISC_MAJOR, misc->minor));
	misc->this_device = NULL;
	list_del(&misc->list);
	give_minor(misc);
}

const struct file_operations *misc_node_fops(const struct node *node)
{
	const struct file_operations *fops = NULL;
	struct miscdevice *misc = NULL;

	if (node->fops == &misc_fops)
		misc = find_minor(iminor(&node->inode));
	if (misc)
		fops = module_fops(owner_of(misc), misc->fops);

	return fops ? fops : node->fops;
}

static struct miscdevice *misc_owned_by(const struct module *mod)
{
	struct miscdevice *misc;

	list_for_each_entry(misc, &miscs, list)
		if (misc->this_device && misc->this_device->owner == mod)
			return misc;

	return NULL;
}

unsigned int misc_drop(struct module *mod)
{
	struct miscdevice *misc;
	unsigned int count = 0;

	for (; (misc = misc_owned_by(mod)); count++)
		misc_deregister(misc);

	return count;
}
