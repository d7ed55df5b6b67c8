/* SPDX-License-Identifier: MIT */
#include "vfs/class.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/format.h"
#include "kapi/modname.h"
#include "stage/call.h"
#include "vfs/attr.h"
#include "vfs/chrdev.h"
#include "vfs/device-path.h"
#include "vfs/devres.h"
#include "vfs/module.h"
#include "vfs/node.h"
#include "vfs/stay.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LIST_HEAD(devices); /* those added, oldest first */

/* One of class_create(). */
struct made_class {
	struct class class;
	struct list_head link;
};

static LIST_HEAD(made_classes);

static void destroy_node(struct node *node)
{
	free(node);
}

static int node_new(const struct device *dev, const struct chrdev *chr,
		    struct node **r_node)
{
	struct module *owner = chr->owner ? chr->owner : dev->owner;
	const char *driver = owner ? module_name(owner) : "(unknown)";
	char path[NODE_PATH_MAX];
	struct node *node;
	umode_t mode = 0;
	int ret;

	ret = device_path(dev, path, sizeof(path), &mode);
	if (ret)
		return ret;

	node = calloc(1, sizeof(*node));
	if (node == NULL)
		return -ENOMEM;
	ret = node_init(node, path, chr->fops, driver);
	if (ret) {
		device_path_refused(path, driver, ret);
		free(node);
		return ret;
	}

	node->destroy = destroy_node;
	node->owner = owner;
	node->inode.i_rdev = dev->devt;
	node->inode.i_cdev = chr->cdev;
	if (mode)
		node->mode = mode & 0777;
	*r_node = node;

	return 0;
}

/* Give @dev its node, if it can have one and has none. */
static int show_node(struct device *dev)
{
	const struct chrdev *chr = chrdev_find(dev->devt);
	struct node *node;
	int ret;

	if (dev->devt == 0 || chr == NULL || dev->node)
		return 0;

	ret = node_new(dev, chr, &node);
	if (ret)
		return ret;

	/* This may sleep: who looks meanwhile sees the node taken. */
	dev->node = node;
	get_device(dev);
	ret = node_add(node);
	if (ret && dev->node == node) {
		device_path_refused(node->path, node->driver, ret);
		dev->node = NULL;
		node_put(node);
	}
	put_device(dev);

	return ret;
}

static void hide_node(struct device *dev)
{
	struct node *node = dev->node;

	if (node == NULL)
		return;

	dev->node = NULL;
	node_remove(node);
	node_put(node);
}

/* The first device with a number in this range which lacks a node, or has
 * one. */
static struct device *find_in_range(__kernel_dev_t from, unsigned int count,
				    bool shown)
{
	struct device *dev;

	list_for_each_entry(dev, &devices, link)
		if (dev->devt >= from && dev->devt - from < count &&
		    (dev->node != NULL) == shown)
			return dev;

	return NULL;
}

int class_show_nodes(__kernel_dev_t dev, unsigned int count)
{
	struct device *device;
	int ret = 0;

	while (ret == 0) {
		device = find_in_range(dev, count, false);
		if (device == NULL)
			return 0;
		ret = show_node(device);
	}

	return ret;
}

void class_hide_nodes(__kernel_dev_t dev, unsigned int count)
{
	struct device *device;

	while ((device = find_in_range(dev, count, true)))
		hide_node(device);
}

EXPORT struct class *__class_create(const char *name)
{
	struct made_class *made = kzalloc(sizeof(*made), GFP_KERNEL);

	if (made == NULL)
		return ERR_PTR(-ENOMEM);

	made->class.name = kstrdup(name, GFP_KERNEL);
	if (made->class.name == NULL) {
		kfree(made);
		return ERR_PTR(-ENOMEM);
	}
	modname_cut((char *)made->class.name);
	list_add(&made->link, &made_classes);

	return &made->class;
}

static struct made_class *find_made(const struct class *class)
{
	struct made_class *made;

	list_for_each_entry(made, &made_classes, link)
		if (&made->class == class)
			return made;

	return NULL;
}

EXPORT int class_register(const struct class *class)
{
	if (class->name == NULL)
		return -EINVAL;

	return attr_add_groups(class, NULL, class->class_groups);
}

EXPORT void class_unregister(const struct class *class)
{
	attr_remove_all(class, NULL);
	if (class->class_release)
		class->class_release(class);
}

/* Drivers destroy a class twice, and some one which they registered. */
EXPORT void class_destroy(const struct class *class)
{
	struct made_class *made = find_made(class);

	if (IS_ERR_OR_NULL(class))
		return;
	if (made == NULL && module_at(class)) {
		class_unregister(class);
		return;
	}
	if (made == NULL) {
		log_err("driver %s destroys a class which there is not",
			module_name_at(__builtin_return_address(0)));
		return;
	}

	list_del(&made->link);
	attr_remove_all(class, NULL);
	kfree(class->name);
	kfree(made);
}

EXPORT struct device *get_device(struct device *dev)
{
	if (dev)
		dev->refs++;

	return dev;
}

/* Afterwards it is gone. */
static void call_release(struct device *dev)
{
	void (*release)(struct device * dev) = dev->release;
	struct stage_call call = {
		.what = "release of",
		.name = dev_name(dev),
	};

	if (release == NULL && dev->class)
		release = dev->class->dev_release;
	if (release == NULL)
		return;

	call.func = (const void *)release;
	stage_call_begin(&call);
	release(dev);
	stage_call_end(&call);
}

EXPORT void put_device(struct device *dev)
{
	char *name;

	if (dev == NULL || --dev->refs > 0)
		return;

	devres_release_all(dev);
	name = dev->name;
	call_release(dev);
	kfree(name);
}

EXPORT void device_initialize(struct device *dev)
{
	dev->refs = 1;
	dev->owner = stay_driver();
	INIT_LIST_HEAD(&dev->link);
	INIT_LIST_HEAD(&dev->devres);
}

__printf(2, 0) static int set_name(struct device *dev, const char *fmt,
				   va_list ap)
{
	char *plain = strdup(fmt), *name;

	if (plain == NULL)
		return -ENOMEM;
	fmt = modname_cut(plain);
	name = format_string(fmt, ap);
	free(plain);
	if (name == NULL)
		return -ENOMEM;

	kfree(dev->name);
	dev->name = modname_cut(name);

	return 0;
}

EXPORT int dev_set_name(struct device *dev, const char *fmt, ...)
{
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = set_name(dev, fmt, ap);
	va_end(ap);

	return ret;
}

static bool name_is_taken(const struct device *dev)
{
	const struct device *other;

	list_for_each_entry(other, &devices, link)
		if (other->class == dev->class &&
		    strcmp(dev_name(other), dev_name(dev)) == 0)
			return true;

	return false;
}

EXPORT int device_add(struct device *dev)
{
	int ret;

	if (dev->name == NULL && dev->init_name == NULL)
		return -EINVAL;
	if (name_is_taken(dev))
		return -EEXIST;

	get_device(dev);
	list_add_tail(&dev->link, &devices);
	ret = show_node(dev);
	if (ret == 0 && dev->class)
		ret = attr_add_groups(dev->class, dev, dev->class->dev_groups);
	if (ret == 0)
		ret = attr_add_groups(dev->class, dev, dev->groups);
	if (ret)
		device_del(dev);

	return ret;
}

EXPORT void device_del(struct device *dev)
{
	if (list_empty(&dev->link))
		return;

	list_del_init(&dev->link);
	attr_remove_all(dev->class, dev);
	hide_node(dev);
	put_device(dev);
}

EXPORT int device_register(struct device *dev)
{
	device_initialize(dev);

	return device_add(dev);
}

EXPORT void device_unregister(struct device *dev)
{
	device_del(dev);
	put_device(dev);
}

static void free_device(struct device *dev)
{
	kfree(dev);
}

/* Of device_create(): ours to free. */
static struct device *device_new(const struct class *class,
				 struct device *parent, __kernel_dev_t devt,
				 void *data)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (dev == NULL)
		return NULL;

	device_initialize(dev);
	dev->class = class;
	dev->parent = parent;
	dev->devt = devt;
	dev->driver_data = data;
	dev->release = free_device;

	return dev;
}

/* Add @dev, or give it up if there is an error already. */
static struct device *add_or_put(struct device *dev, int ret)
{
	if (ret == 0)
		ret = device_add(dev);
	if (ret) {
		put_device(dev);
		return ERR_PTR(ret);
	}

	return dev;
}

__printf(6, 0) static struct device *create_named(
	const struct class *class, struct device *parent, __kernel_dev_t devt,
	void *data, const struct attribute_group **groups, const char *fmt,
	va_list ap)
{
	struct device *dev = device_new(class, parent, devt, data);

	if (dev == NULL)
		return ERR_PTR(-ENOMEM);
	dev->groups = groups;

	return add_or_put(dev, set_name(dev, fmt, ap));
}

EXPORT struct device *device_create(const struct class *class,
				    struct device *parent, __kernel_dev_t devt,
				    void *drvdata, const char *fmt, ...)
{
	struct device *dev;
	va_list ap;

	va_start(ap, fmt);
	dev = create_named(class, parent, devt, drvdata, NULL, fmt, ap);
	va_end(ap);

	return dev;
}

EXPORT struct device *
device_create_with_groups(const struct class *class, struct device *parent,
			  __kernel_dev_t devt, void *drvdata,
			  const struct attribute_group **groups,
			  const char *fmt, ...)
{
	struct device *dev;
	va_list ap;

	va_start(ap, fmt);
	dev = create_named(class, parent, devt, drvdata, groups, fmt, ap);
	va_end(ap);

	return dev;
}

struct device *class_add_device(const struct class *class, struct module *owner,
				struct device *parent, __kernel_dev_t devt,
				void *data,
				const struct attribute_group **groups,
				const char *name)
{
	struct device *dev = device_new(class, parent, devt, data);

	if (dev == NULL)
		return ERR_PTR(-ENOMEM);

	dev->owner = owner;
	dev->groups = groups;

	return add_or_put(dev, dev_set_name(dev, "%s", name));
}

EXPORT void device_destroy(const struct class *class, __kernel_dev_t devt)
{
	struct device *dev;

	list_for_each_entry(dev, &devices, link) {
		if (dev->class == class && dev->devt == devt) {
			device_unregister(dev);
			return;
		}
	}
}

static struct device *device_owned_by(const struct module *mod)
{
	struct device *dev;

	list_for_each_entry(dev, &devices, link)
		if (dev->owner == mod)
			return dev;

	return NULL;
}

unsigned int class_drop_devices(struct module *mod)
{
	unsigned int count = 0;
	struct device *dev;

	for (; (dev = device_owned_by(mod)); count++) {
		/* One which the driver embeds is the driver's to put. */
		if (dev->release == free_device) {
			device_unregister(dev);
		} else {
			device_del(dev);
			devres_release_all(dev);
		}
	}

	return count;
}
