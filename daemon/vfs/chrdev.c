/* SPDX-License-Identifier: MIT */
#include "vfs/chrdev.h"

#include "kapi/export.h"
#include "vfs/class.h"
#include "vfs/module.h"
#include "vfs/stay.h"

#include <errno.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <stdio.h>
#include <stdlib.h>

/* Numbers a driver reserved. */
struct region {
	__kernel_dev_t from;
	unsigned int count;
	struct cdev *cdev; /* of register_chrdev(), else NULL */
	struct module *owner;
	struct list_head link;
};

static LIST_HEAD(regions);
static LIST_HEAD(chrdevs);

#define NR_MINORS      (1U << MINORBITS)
#define OLD_API_MINORS 256 /* what register_chrdev() covers */

/* Majors handed out, as the kernel does: down from each first to its last. */
static const struct {
	unsigned int first, last;
} dynamic_majors[] = { { 254, 234 }, { 511, 384 } };

static bool overlap(u64 a, unsigned int nr_a, u64 b, unsigned int nr_b)
{
	return a < b + nr_b && b < a + nr_a;
}

static bool region_is_free(__kernel_dev_t from, unsigned int count)
{
	const struct region *region;

	list_for_each_entry(region, &regions, link)
		if (overlap(region->from, region->count, from, count))
			return false;

	return true;
}

static int region_new(__kernel_dev_t from, unsigned int count)
{
	struct region *region;

	if (count == 0 || count > NR_MINORS - MINOR(from))
		return -EINVAL;
	if (!region_is_free(from, count))
		return -EBUSY;

	region = calloc(1, sizeof(*region));
	if (region == NULL)
		return -ENOMEM;

	region->from = from;
	region->count = count;
	region->owner = stay_driver();
	list_add_tail(&region->link, &regions);

	return 0;
}

static struct region *region_find(__kernel_dev_t from, unsigned int count)
{
	struct region *region;

	list_for_each_entry(region, &regions, link)
		if (region->from == from && region->count == count)
			return region;

	return NULL;
}

static void region_free(struct region *region)
{
	if (region == NULL)
		return;

	list_del(&region->link);
	free(region);
}

/* A major none of whose minors is taken, 0 if there is none. */
static unsigned int find_free_major(void)
{
	for (unsigned int i = 0; i < 2; i++)
		for (unsigned int major = dynamic_majors[i].first;
		     major >= dynamic_majors[i].last; major--)
			if (region_is_free(MKDEV(major, 0), NR_MINORS))
				return major;

	return 0;
}

EXPORT int register_chrdev_region(__kernel_dev_t from, unsigned int count,
				  const char *name)
{
	return region_new(from, count);
}

EXPORT int alloc_chrdev_region(__kernel_dev_t *dev, unsigned int baseminor,
			       unsigned int count, const char *name)
{
	unsigned int major = find_free_major();
	int ret;

	if (major == 0)
		return -ENOSPC;
	if (baseminor > MINORMASK)
		return -EINVAL;

	ret = region_new(MKDEV(major, baseminor), count);
	if (ret == 0)
		*dev = MKDEV(major, baseminor);

	return ret;
}

EXPORT void unregister_chrdev_region(__kernel_dev_t from, unsigned int count)
{
	region_free(region_find(from, count));
}

struct chrdev *chrdev_find(__kernel_dev_t dev)
{
	struct chrdev *chr;

	list_for_each_entry(chr, &chrdevs, link)
		if (overlap(chr->dev, chr->count, dev, 1))
			return chr;

	return NULL;
}

static struct chrdev *chrdev_of(const struct cdev *cdev)
{
	struct chrdev *chr;

	list_for_each_entry(chr, &chrdevs, link)
		if (chr->cdev == cdev)
			return chr;

	return NULL;
}

/* Whose it is: as it says, or whoever's memory its operations are in. */
static struct module *owner_of(const struct cdev *cdev)
{
	struct module *owner = cdev->owner;

	if (owner == NULL)
		owner = cdev->ops->owner;
	if (owner == NULL)
		owner = module_at(cdev->ops);

	return owner ? owner : stay_driver();
}

static void chrdev_free(struct chrdev *chr)
{
	list_del(&chr->link);
	class_hide_nodes(chr->dev, chr->count);
	free(chr);
}

EXPORT struct cdev *cdev_alloc(void)
{
	struct cdev *cdev = kzalloc(sizeof(*cdev), GFP_KERNEL);

	if (cdev)
		cdev->allocated = true;

	return cdev;
}

int chrdev_add(struct cdev *cdev, __kernel_dev_t dev, unsigned int count,
	       struct module *owner)
{
	struct chrdev *chr;
	int ret;

	if (count == 0 || count > NR_MINORS - MINOR(dev))
		return -EINVAL;
	list_for_each_entry(chr, &chrdevs, link)
		if (overlap(chr->dev, chr->count, dev, count))
			return -EBUSY;

	chr = calloc(1, sizeof(*chr));
	if (chr == NULL)
		return -ENOMEM;

	chr->dev = dev;
	chr->count = count;
	chr->cdev = cdev;
	chr->owner = owner;
	chr->fops = module_fops(owner, cdev->ops);
	if (chr->fops == NULL) {
		free(chr);
		return -ENOMEM;
	}

	cdev->dev = dev;
	cdev->count = count;
	list_add_tail(&chr->link, &chrdevs);
	ret = class_show_nodes(dev, count);
	if (ret)
		chrdev_free(chr);

	return ret;
}

EXPORT int cdev_add(struct cdev *cdev, __kernel_dev_t dev, unsigned int count)
{
	if (cdev->ops == NULL)
		return -EINVAL;

	return chrdev_add(cdev, dev, count, owner_of(cdev));
}

EXPORT void cdev_del(struct cdev *cdev)
{
	struct chrdev *chr;

	if (cdev == NULL)
		return;

	chr = chrdev_of(cdev);
	if (chr)
		chrdev_free(chr);
	if (cdev->allocated)
		kfree(cdev);
}

EXPORT int cdev_device_add(struct cdev *cdev, struct device *dev)
{
	int ret = 0;

	if (dev->devt)
		ret = cdev_add(cdev, dev->devt, 1);
	if (ret)
		return ret;

	ret = device_add(dev);
	if (ret && dev->devt)
		cdev_del(cdev);

	return ret;
}

EXPORT void cdev_device_del(struct cdev *cdev, struct device *dev)
{
	device_del(dev);
	if (dev->devt)
		cdev_del(cdev);
}

/* register_chrdev(): region and cdev of the old, simple kind in one. */
static int add_old_chrdev(unsigned int major,
			  const struct file_operations *fops)
{
	struct region *region = region_find(MKDEV(major, 0), OLD_API_MINORS);
	struct cdev *cdev;
	int ret;

	cdev = cdev_alloc();
	if (cdev == NULL)
		return -ENOMEM;

	cdev->ops = fops;
	ret = cdev_add(cdev, region->from, region->count);
	if (ret)
		kfree(cdev);
	else
		region->cdev = cdev;

	return ret;
}

EXPORT int register_chrdev(unsigned int major, const char *name,
			   const struct file_operations *fops)
{
	bool any = major == 0;
	int ret;

	if (any)
		major = find_free_major();
	if (major == 0)
		return -ENOSPC;

	ret = region_new(MKDEV(major, 0), OLD_API_MINORS);
	if (ret)
		return ret;

	ret = add_old_chrdev(major, fops);
	if (ret) {
		unregister_chrdev_region(MKDEV(major, 0), OLD_API_MINORS);
		return ret;
	}

	return any ? (int)major : 0;
}

EXPORT void unregister_chrdev(unsigned int major, const char *name)
{
	struct region *region = region_find(MKDEV(major, 0), OLD_API_MINORS);

	if (region)
		cdev_del(region->cdev);
	region_free(region);
}

static struct chrdev *chrdev_owned_by(const struct module *mod)
{
	struct chrdev *chr;

	list_for_each_entry(chr, &chrdevs, link)
		if (chr->owner == mod)
			return chr;

	return NULL;
}

static struct region *region_owned_by(const struct module *mod)
{
	struct region *region;

	list_for_each_entry(region, &regions, link)
		if (region->owner == mod)
			return region;

	return NULL;
}

unsigned int chrdev_drop(struct module *mod)
{
	struct region *region;
	unsigned int count = 0;
	struct chrdev *chr;

	for (; (chr = chrdev_owned_by(mod)); count++)
		chrdev_free(chr);
	for (; (region = region_owned_by(mod)); count++) {
		cdev_del(region->cdev);
		region_free(region);
	}

	return count;
}
