/* SPDX-License-Identifier: MIT */
/*
 * Character device numbers and what answers to them: the regions drivers
 * reserved, and their cdevs (<linux/cdev.h>).
 *
 * Stage: in-band.
 */
#pragma once

#include <linux/list.h>
#include <linux/types.h>

struct cdev;
struct file_operations;
struct module;

/* A cdev in service. */
struct chrdev {
	__kernel_dev_t dev;
	unsigned int count;
	struct cdev *cdev; /* the driver's */
	const struct file_operations *fops;
	struct module *owner; /* may be NULL */
	struct list_head link;
};

/* Borrowed; NULL: no cdev has this number. */
struct chrdev *chrdev_find(__kernel_dev_t dev);

/* cdev_add() on behalf of @owner, NULL: the daemon itself. */
int chrdev_add(struct cdev *cdev, __kernel_dev_t dev, unsigned int count,
	       struct module *owner);

/* Remove every region and cdev of @mod's. Returns how many. */
unsigned int chrdev_drop(struct module *mod);
