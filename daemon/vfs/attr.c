/* SPDX-License-Identifier: MIT */
#include "vfs/attr.h"

#include "kapi/export.h"
#include "stage/call.h"
#include "stage/wait.h"
#include "vfs/module.h"
#include "vfs/node.h"
#include "vfs/stay.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An attribute that is shown. Lives as long as its node does. */
struct attr_node {
	struct node node; /* first */
	const struct class *class;
	struct device *dev; /* borrowed; NULL: the class's own */
	const struct attribute *attr;
	const struct attribute_group *grp; /* NULL: added alone */
	const struct module *owner;
	struct list_head link; /* attrs, while it is shown */
	bool gone;
	struct list_head insiders; /* who is in its functions */
	struct wait_queue left;	   /* one of them has left */
};

struct insider {
	struct list_head link;
	const struct fiber *fiber;
};

/* An open file of one: what it was shown last, and how far that was read. */
struct attr_file {
	struct attr_node *an;
	size_t len, pos;
	bool shown;
	char buf[PAGE_SIZE + 1];
};

static LIST_HEAD(attrs);

static void destroy(struct node *node)
{
	free(node);
}

/* False: it is gone. */
static bool enter(struct attr_node *an, struct insider *self)
{
	if (an->gone)
		return false;

	self->fiber = fiber_current();
	list_add(&self->link, &an->insiders);

	return true;
}

static void leave(struct attr_node *an, struct insider *self)
{
	list_del(&self->link);
	wait_queue_flush(&an->left, 0);
}

static ssize_t do_show(const struct attr_node *an, char *buf)
{
	const struct class_attribute *cattr;
	struct device_attribute *dattr;

	if (an->dev) {
		dattr = (struct device_attribute *)container_of(
			an->attr, struct device_attribute, attr);
		return dattr->show ? dattr->show(an->dev, dattr, buf) : -EIO;
	}
	cattr = container_of(an->attr, struct class_attribute, attr);

	return cattr->show ? cattr->show(an->class, cattr, buf) : -EIO;
}

static ssize_t do_store(const struct attr_node *an, const char *buf,
			size_t count)
{
	const struct class_attribute *cattr;
	struct device_attribute *dattr;

	if (an->dev) {
		dattr = (struct device_attribute *)container_of(
			an->attr, struct device_attribute, attr);
		return dattr->store ? dattr->store(an->dev, dattr, buf, count)
				    : -EIO;
	}
	cattr = container_of(an->attr, struct class_attribute, attr);

	return cattr->store ? cattr->store(an->class, cattr, buf, count) : -EIO;
}

/* Ours, for who tells of it: the driver's is called by that. */
static struct stage_call call_of(const struct attr_node *an, const char *what)
{
	return (struct stage_call){
		.what = what,
		.name = an->attr->name,
		.driver = an->owner ? module_name(an->owner) : NULL,
	};
}

static ssize_t call_show(const struct attr_node *an, char *buf)
{
	struct stage_call call = call_of(an, "show of");
	ssize_t len;

	stage_call_begin(&call);
	len = do_show(an, buf);
	stage_call_end(&call);

	return len;
}

static ssize_t call_store(const struct attr_node *an, const char *buf,
			  size_t count)
{
	struct stage_call call = call_of(an, "store of");
	ssize_t ret;

	stage_call_begin(&call);
	ret = do_store(an, buf, count);
	stage_call_end(&call);

	return ret;
}

static int attr_open(struct inode *inode, struct file *filp)
{
	struct attr_node *an = inode->i_private;
	struct attr_file *af = calloc(1, sizeof(*af));

	if (af == NULL)
		return -ENOMEM;

	af->an = an;
	filp->private_data = af;

	return stream_open(inode, filp);
}

static int attr_release(struct inode *inode, struct file *filp)
{
	free(filp->private_data);

	return 0;
}

static ssize_t show(struct attr_file *af)
{
	struct insider self;
	ssize_t len;

	if (!enter(af->an, &self))
		return -ENODEV;
	memset(af->buf, 0, sizeof(af->buf));
	len = call_show(af->an, af->buf);
	leave(af->an, &self);
	if (len < 0)
		return len;

	af->len = len < (ssize_t)PAGE_SIZE ? (size_t)len : PAGE_SIZE;
	af->pos = 0;
	af->shown = true;

	return 0;
}

/* Nothing at the end, once; then it is shown anew. */
static ssize_t attr_read(struct file *filp, char __user *u_buf, size_t count,
			 loff_t *ppos)
{
	struct attr_file *af = filp->private_data;
	ssize_t ret;

	if (!af->shown) {
		ret = show(af);
		if (ret)
			return ret;
	}

	if (count > af->len - af->pos)
		count = af->len - af->pos;
	if (count == 0) {
		af->shown = false;
		return 0;
	}
	if (copy_to_user(u_buf, af->buf + af->pos, count))
		return -EFAULT;
	af->pos += count;

	return (ssize_t)count;
}

static ssize_t attr_write(struct file *filp, const char __user *u_buf,
			  size_t count, loff_t *ppos)
{
	struct attr_file *af = filp->private_data;
	struct insider self;
	ssize_t ret;
	char *buf;

	if (count > PAGE_SIZE)
		count = PAGE_SIZE;
	buf = calloc(1, count + 1);
	if (buf == NULL)
		return -ENOMEM;

	ret = -EFAULT;
	if (copy_from_user(buf, u_buf, count) == 0) {
		ret = -ENODEV;
		if (enter(af->an, &self)) {
			ret = call_store(af->an, buf, count);
			leave(af->an, &self);
		}
	}
	free(buf);
	af->shown = false;

	return ret;
}

static const struct file_operations attr_fops = {
	.open = attr_open,
	.release = attr_release,
	.read = attr_read,
	.write = attr_write,
};

static int format_path(const struct attr_node *an, char *path, size_t size)
{
	const char *group = an->grp ? an->grp->name : NULL;
	int len;

	len = snprintf(path, size, "evl/sys/%s%s%s%s%s%s/%s",
		       an->class ? "class/" : "devices",
		       an->class ? an->class->name : "", an->dev ? "/" : "",
		       an->dev ? dev_name(an->dev) : "", group ? "/" : "",
		       group ? group : "", an->attr->name);

	return (size_t)len < size ? 0 : -ENAMETOOLONG;
}

/* Whose it is: who is being loaded, or in whose data it is. */
static const struct module *owner_of(const struct attribute *attr)
{
	const struct module *owner = stay_driver();

	return owner ? owner : module_at(attr);
}

static int show_attr(const struct class *class, struct device *dev,
		     const struct attribute_group *grp,
		     const struct attribute *attr, umode_t mode)
{
	char path[NODE_PATH_MAX];
	struct attr_node *an;
	int ret;

	an = calloc(1, sizeof(*an));
	if (an == NULL)
		return -ENOMEM;

	an->class = class;
	an->dev = dev;
	an->attr = attr;
	an->grp = grp;
	an->owner = owner_of(attr);
	INIT_LIST_HEAD(&an->insiders);
	wait_queue_init(&an->left, WAIT_FIFO);
	ret = format_path(an, path, sizeof(path));
	if (ret == 0)
		ret = node_init(&an->node, path, &attr_fops,
				an->owner ? module_name(an->owner)
					  : "(unknown)");
	if (ret) {
		free(an);
		return ret;
	}

	an->node.destroy = destroy;
	an->node.inode.i_private = an;
	an->node.mode = mode & 0777;
	list_add_tail(&an->link, &attrs);
	ret = node_add(&an->node);
	if (ret) {
		list_del(&an->link);
		node_put(&an->node);
	}

	return ret;
}

/* Who is inside, but the caller itself? */
static bool others_inside(const struct attr_node *an)
{
	const struct insider *insider;

	list_for_each_entry(insider, &an->insiders, link)
		if (insider->fiber != fiber_current())
			return true;

	return false;
}

static void hide_attr(struct attr_node *an)
{
	an->gone = true;
	list_del(&an->link);
	node_remove(&an->node);

	pi_lock(&an->left.lock);
	while (fiber_current() && others_inside(an))
		wait_queue_sleep_uninterruptible(&an->left, DEADLINE_NONE);
	pi_unlock(&an->left.lock);
	node_put(&an->node);
}

/* Those that match; NULL for @grp or @attr: any. */
static unsigned int hide_matching(const struct class *class,
				  const struct device *dev,
				  const struct attribute_group *grp,
				  const struct attribute *attr)
{
	struct attr_node *an, *found;
	unsigned int count = 0;

	do {
		found = NULL;
		list_for_each_entry(an, &attrs, link)
			if (an->dev == dev && (dev || an->class == class) &&
			    (grp == NULL || an->grp == grp) &&
			    (attr == NULL || an->attr == attr))
				found = an;
		if (found) {
			hide_attr(found);
			count++;
		}
	} while (found);

	return count;
}

static umode_t call_is_visible(const struct attribute_group *grp,
			       struct device *dev, struct attribute *attr,
			       int i)
{
	struct stage_call call = {
		.what = "is_visible of",
		.name = attr->name,
		.func = (const void *)grp->is_visible,
	};
	umode_t mode;

	stage_call_begin(&call);
	mode = grp->is_visible(dev ? &dev->kobj : NULL, attr, i);
	stage_call_end(&call);

	return mode;
}

static int add_group(const struct class *class, struct device *dev,
		     const struct attribute_group *grp)
{
	struct attribute *attr;
	umode_t mode;
	int ret = 0;

	for (int i = 0; grp->attrs && (attr = grp->attrs[i]) && ret == 0; i++) {
		mode = attr->mode;
		if (grp->is_visible)
			mode = call_is_visible(grp, dev, attr, i);
		if (mode)
			ret = show_attr(class, dev, grp, attr, mode);
	}
	if (ret)
		hide_matching(class, dev, grp, NULL);

	return ret;
}

int attr_add_groups(const struct class *class, struct device *dev,
		    const struct attribute_group **groups)
{
	int ret = 0, n;

	for (n = 0; groups && groups[n] && ret == 0; n++)
		ret = add_group(class, dev, groups[n]);
	if (ret)
		for (n--; n-- > 0;)
			hide_matching(class, dev, groups[n], NULL);

	return ret;
}

void attr_remove_all(const struct class *class, const struct device *dev)
{
	hide_matching(class, dev, NULL, NULL);
}

unsigned int attr_drop(struct module *mod)
{
	struct attr_node *an, *found;
	unsigned int count = 0;

	do {
		found = NULL;
		list_for_each_entry(an, &attrs, link)
			if (an->owner == mod)
				found = an;
		if (found) {
			hide_attr(found);
			count++;
		}
	} while (found);

	return count;
}

EXPORT int sysfs_create_group(struct kobject *kobj,
			      const struct attribute_group *grp)
{
	struct device *dev = kobj_to_dev(kobj);

	return add_group(dev->class, dev, grp);
}

EXPORT int sysfs_create_groups(struct kobject *kobj,
			       const struct attribute_group **groups)
{
	struct device *dev = kobj_to_dev(kobj);

	return attr_add_groups(dev->class, dev, groups);
}

EXPORT int sysfs_create_file(struct kobject *kobj, const struct attribute *attr)
{
	struct device *dev = kobj_to_dev(kobj);

	return show_attr(dev->class, dev, NULL, attr, attr->mode);
}

EXPORT void sysfs_remove_group(struct kobject *kobj,
			       const struct attribute_group *grp)
{
	hide_matching(NULL, kobj_to_dev(kobj), grp, NULL);
}

EXPORT void sysfs_remove_groups(struct kobject *kobj,
				const struct attribute_group **groups)
{
	for (int n = 0; groups && groups[n]; n++)
		sysfs_remove_group(kobj, groups[n]);
}

EXPORT void sysfs_remove_file(struct kobject *kobj,
			      const struct attribute *attr)
{
	hide_matching(NULL, kobj_to_dev(kobj), NULL, attr);
}

EXPORT int class_create_file(const struct class *class,
			     const struct class_attribute *attr)
{
	return show_attr(class, NULL, NULL, &attr->attr, attr->attr.mode);
}

EXPORT void class_remove_file(const struct class *class,
			      const struct class_attribute *attr)
{
	hide_matching(class, NULL, NULL, &attr->attr);
}
