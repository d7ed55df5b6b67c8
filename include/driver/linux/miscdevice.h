/* SPDX-License-Identifier: MIT */
/* The simplest way to a node in /dev: one call, no class, no numbers.
 * Source: driver-api names none of it; as in Linux 6.6 */
#ifndef _LINUX_MISCDEVICE_H
#define _LINUX_MISCDEVICE_H

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/list.h>
#include <linux/module.h>

#define MISC_MAJOR	   10
#define MISC_DYNAMIC_MINOR 255

struct miscdevice {
	int minor; /* MISC_DYNAMIC_MINOR: any */
	const char *name;
	const struct file_operations *fops;
	struct list_head list; /* the core's own */
	struct device *parent;
	struct device *this_device; /* set by misc_register() */
	const char *nodename;	    /* where below /dev, if not @name */
	const struct attribute_group **groups; /* of its device; may be NULL */
	umode_t mode;			       /* of the node; 0: the usual */
};

/**
 * misc_register() - make a device and its node
 * @misc:	the device; the open handler finds its address in
 *		filp->private_data
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until the node can be opened.
 *
 * Return: 0, or
 *   -EBUSY	the minor is taken, or none is left
 *   -EEXIST	there is a node of that name
 *   -EINVAL	the name cannot be a file's
 *   -ENOMEM
 */
int misc_register(struct miscdevice *misc);

/**
 * misc_deregister() - undo misc_register()
 * @misc:	the device; files which are open remain usable until they are
 *		closed
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void misc_deregister(struct miscdevice *misc);

#define module_misc_device(misc)               \
	static int __init misc##_init(void)    \
	{                                      \
		return misc_register(&(misc)); \
	}                                      \
	module_init(misc##_init);              \
	static void __exit misc##_exit(void)   \
	{                                      \
		misc_deregister(&(misc));      \
	}                                      \
	module_exit(misc##_exit)

#endif /* _LINUX_MISCDEVICE_H */
