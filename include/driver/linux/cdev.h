/* SPDX-License-Identifier: MIT */
/*
 * A character device: operations for a range of device numbers. It gets a node
 * in /dev once there is a device (linux/device.h) of such a number too.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_CDEV_H
#define _LINUX_CDEV_H

#include <linux/device.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/list.h>
#include <linux/types.h>

struct module;

struct cdev {
	struct module *owner;
	const struct file_operations *ops;
	__kernel_dev_t dev;
	unsigned int count;
	bool allocated; /* the core's own: kfree() it with cdev_del() */
};

/**
 * cdev_init() - prepare a character device
 * @cdev:	the device; must live until cdev_del(), and as long as a file of
 *		it is open if handlers reach it through inode->i_cdev
 * @fops:	its operations
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void cdev_init(struct cdev *cdev,
			     const struct file_operations *fops)
{
	*cdev = (struct cdev){ .ops = fops };
}

/**
 * cdev_alloc() - a character device on the heap
 *
 * Set its ->ops and ->owner; cdev_del() frees it.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the device, or NULL
 */
struct cdev *cdev_alloc(void);

/**
 * cdev_add() - bring a character device to life
 * @cdev:	the device
 * @dev:	its first number
 * @count:	how many numbers it has
 *
 * Nodes of devices which have one of these numbers appear.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until the nodes can be opened.
 *
 * Return: 0, or
 *   -EBUSY	another one has such a number
 *   -EINVAL	@count is 0, or there are not so many numbers
 *   -EEXIST	a node of that name is there
 *   -ENOMEM
 */
int cdev_add(struct cdev *cdev, __kernel_dev_t dev, unsigned int count);

/**
 * cdev_del() - end a character device
 * @cdev:	the device; if it was not added nothing happens
 *
 * Its nodes go; files which are open remain usable until they are closed.
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void cdev_del(struct cdev *cdev);

/**
 * cdev_device_add() - add a character device and the device for its node
 * @cdev:	the character device
 * @dev:	the device, with a name, a class and ->devt set; without the
 *		latter @cdev is not added
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until the node can be opened.
 *
 * Return: 0, or the error of cdev_add() or device_add()
 */
int cdev_device_add(struct cdev *cdev, struct device *dev);

/**
 * cdev_device_del() - undo cdev_device_add()
 * @cdev:	the character device
 * @dev:	the device; put_device() it afterwards
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void cdev_device_del(struct cdev *cdev, struct device *dev);

#endif /* _LINUX_CDEV_H */
