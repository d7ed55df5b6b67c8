/* SPDX-License-Identifier: MIT */
#include "core/element.h"

#include "base/log.h"
#include "base/share.h"
#include "core/factory.h"
#include "core/namesake.h"
#include "kapi/export.h"
#include "stage/call.h"
#include "vfs/file.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static uint32_t last_fundle;

/* A driver's limits are its own business; ours can be raised. */
static void tell_full(const struct evl_factory *fac)
{
	if (fac->inside->full)
		return;

	fac->inside->full = true;
	if (fac->owner)
		log_warn("driver %s: %u elements of class %s are there, one "
			 "more was refused",
			 module_name(fac->owner), fac->nrdev, fac->name);
	else
		log_warn("%u elements of class %s are there, one more was "
			 "refused: raise --max-%ss",
			 fac->nrdev, fac->name, fac->name);
}

static int take_minor(struct evl_factory *fac, unsigned int *r_minor)
{
	uint64_t *minors = fac->inside->minors;

	for (unsigned int i = 0; i < fac->nrdev; i++) {
		if (minors[i / 64] & UINT64_C(1) << i % 64)
			continue;
		minors[i / 64] |= UINT64_C(1) << i % 64;
		*r_minor = i;
		return 0;
	}

	tell_full(fac);

	return -EAGAIN;
}

static unsigned int nr_of_user(const struct evl_factory *fac, uid_t uid)
{
	const struct evl_element *e;
	unsigned int nr = 0;

	list_for_each_entry(e, &fac->inside->elements, link)
		nr += e->uid == uid;

	return nr;
}

/* May who is asking make one more? Of a driver's class anybody may: as many as
 * there are. */
static int check_share(struct evl_factory *fac)
{
	uid_t uid = current->uid;
	unsigned int max = fac->max_of_user;

	if (fac->owner || (max == 0 && share_is_all(uid)))
		return 0;
	if (max == 0)
		max = (unsigned int)share_of(fac->nrdev, uid);
	if (nr_of_user(fac, uid) < max)
		return 0;

	if (!fac->inside->full)
		log_warn("user %u has %u elements of class %s, one more was "
			 "refused: raise --max-%ss, see LIMITS in evl-cused(8)",
			 uid, max, fac->name, fac->name);
	fac->inside->full = true;

	return fac->max_of_user ? -EAGAIN : -EDQUOT;
}

struct evl_element *element_next(const struct evl_factory *fac,
				 const struct evl_element *e)
{
	const struct list_head *link;

	if (fac->inside == NULL)
		return NULL;

	link = e ? e->link.next : fac->inside->elements.next;

	return link == &fac->inside->elements
		       ? NULL
		       : list_entry(link, struct evl_element, link);
}

struct evl_element *element_find(const struct evl_factory *fac,
				 const char *name)
{
	struct evl_element *e;

	for (e = element_next(fac, NULL); e; e = element_next(fac, e))
		if (strcmp(e->name, name) == 0)
			return e;

	return NULL;
}

static bool is_file_name(const char *name)
{
	return strchr(name, '/') == NULL && strcmp(name, "clone") != 0;
}

/* Ours, if private, may be called anything. */
static int check_name(struct evl_factory *fac, const char *name,
		      int clone_flags, enum element_maker maker)
{
	bool strict =
		maker == ELEMENT_OF_USER || clone_flags & EVL_CLONE_PUBLIC;

	if (name[0] == '\0')
		return clone_flags & EVL_CLONE_PUBLIC ? -EINVAL : 0;
	if (strlen(name) > EVL_MAX_NAME_LEN)
		return -ENAMETOOLONG;
	if (strict && !is_file_name(name))
		return -EINVAL;

	return namesake_await(fac, name);
}

static bool is_there(const struct evl_factory *fac)
{
	return fac->inside && !fac->inside->deleted;
}

/* Nobody has it any more. In-band; from a fiber, if a driver is asked. */
static void dispose(struct evl_element *e)
{
	struct evl_factory *fac = e->factory;
	struct stage_call call = {
		.what = "dispose function of",
		.name = fac->name,
		.func = (const void *)fac->dispose,
	};

	evl_destroy_element(e);
	stage_call_begin(&call);
	fac->dispose(e);
	stage_call_end(&call);
	factory_settle(fac);
}

static void dispose_later(struct work_struct *put)
{
	dispose(container_of(put, struct evl_element, put));
}

/* @name is free, or "". */
static int fill(struct evl_element *e, struct evl_factory *fac,
		const char *name, int clone_flags, uid_t uid)
{
	struct factory_inside *inside = fac->inside;
	unsigned int minor;
	int ret;

	ret = take_minor(fac, &minor);
	if (ret)
		return ret;

	*e = (struct evl_element){
		.factory = fac,
		.minor = minor,
		.fundle = ++last_fundle,
		.clone_flags = clone_flags,
		.uid = uid,
		.refs = 1,
	};
	if (name[0])
		snprintf(e->name, sizeof(e->name), "%s", name);
	else
		snprintf(e->name, sizeof(e->name), "%.48s%%%u", fac->name,
			 minor);
	INIT_WORK(&e->put, dispose_later);
	/* Listed before it is shown: that may sleep, and the name is taken. */
	list_add_tail(&e->link, &inside->elements);
	inside->nr_elements++;

	return 0;
}

int element_init(struct evl_element *e, struct evl_factory *fac,
		 const char *name, int clone_flags, enum element_maker maker)
{
	bool users = maker == ELEMENT_OF_USER;
	int ret;

	ret = check_name(fac, name, clone_flags, maker);
	/* It may have gone while we waited. */
	if (ret == 0 && !is_there(fac))
		ret = -ESTALE;
	if (ret == 0 && users)
		ret = check_share(fac);
	if (ret)
		return ret;

	return fill(e, fac, name, clone_flags,
		    users ? current->uid : geteuid());
}

EXPORT int evl_init_user_element(struct evl_element *e, struct evl_factory *fac,
				 const char __user *u_name, int clone_flags)
{
	char name[EVL_MAX_NAME_LEN + 1] = "";
	long len;

	if (u_name) {
		len = strncpy_from_user(name, u_name, sizeof(name));
		if (len < 0)
			return (int)len;
		if (len == sizeof(name))
			return -ENAMETOOLONG;
	}

	return element_init(e, fac, name, clone_flags, ELEMENT_OF_USER);
}

/* No name is asked for: those we give are unique. */
EXPORT int evl_init_element(struct evl_element *e, struct evl_factory *fac,
			    int clone_flags)
{
	return is_there(fac) ? fill(e, fac, "", clone_flags, geteuid())
			     : -ESTALE;
}

EXPORT void evl_destroy_element(struct evl_element *e)
{
	struct factory_inside *inside;

	if (e->factory == NULL || list_empty(&e->link))
		return;

	evl_remove_element_device(e);
	inside = e->factory->inside;
	list_del_init(&e->link);
	inside->nr_elements--;
	inside->minors[e->minor / 64] &= ~(UINT64_C(1) << e->minor % 64);
	inside->full = false;
	wait_queue_flush(&inside->gone, 0);
}

EXPORT void evl_get_element(struct evl_element *e)
{
	/* Relaxed: who does this has one already. */
	__atomic_fetch_add(&e->refs, 1, __ATOMIC_RELAXED);
}

EXPORT void evl_put_element(struct evl_element *e)
{
	/* Acquire and release: what others did with it, before it goes. */
	if (__atomic_sub_fetch(&e->refs, 1, __ATOMIC_ACQ_REL) > 0)
		return;

	/* Our own classes do not sleep for it. */
	if ((stage_self && stage_self->oob) ||
	    (e->factory->owner && fiber_current() == NULL))
		schedule_work(&e->put);
	else
		dispose(e);
}

static void destroy_node(struct node *node)
{
	free(node);
}

static int make_node(struct evl_element *e)
{
	const struct factory_inside *inside = e->factory->inside;
	const struct node *own = &inside->node;
	char path[NODE_PATH_MAX];
	struct node *node;
	int ret;

	node = calloc(1, sizeof(*node));
	if (node == NULL)
		return -ENOMEM;

	snprintf(path, sizeof(path), "evl/%s/%s", e->factory->name, e->name);
	ret = node_init(node, path, inside->fops, own->driver);
	if (ret) {
		free(node);
		return ret;
	}

	/* It belongs to who owns the class's own node. */
	node->destroy = destroy_node;
	node->owner = own->owner;
	node->inode.i_private = e;
	node->inode.i_rdev = MKDEV(0, e->minor);
	node->mode = own->mode;
	node->uid = own->uid;
	node->gid = own->gid;
	ret = node_add(node);
	if (ret) {
		node_put(node);
		return ret;
	}

	e->node = node;

	return 0;
}

/* What its attributes are of. */
static int make_device(struct evl_element *e)
{
	struct evl_factory *fac = e->factory;
	struct device *dev;

	if (fac->attrs == NULL)
		return 0;

	dev = device_create_with_groups(&fac->inside->class, NULL, 0, e,
					fac->attrs, "%s", e->name);
	if (IS_ERR(dev))
		return (int)PTR_ERR(dev);

	e->dev = dev;

	return 0;
}

int element_show(struct evl_element *e, bool node)
{
	int ret;

	if (!is_there(e->factory))
		return -ESTALE;

	ret = make_device(e);
	if (ret == 0 && node)
		ret = make_node(e);
	if (ret)
		evl_remove_element_device(e);

	return ret;
}

EXPORT void evl_remove_element_device(struct evl_element *e)
{
	struct device *dev = e->dev;
	struct node *node = e->node;

	e->dev = NULL;
	if (dev)
		device_unregister(dev);
	if (node == NULL)
		return;

	/* Files opened through a name looked up before find nobody there. */
	e->node = NULL;
	node->inode.i_private = NULL;
	node_remove(node);
	node_put(node);
}

EXPORT int evl_create_core_element_device(struct evl_element *e,
					  struct evl_factory *fac,
					  const char *name)
{
	char old_name[sizeof(e->name)];
	int old_flags = e->clone_flags, ret;

	if (e->node || e->dev)
		return -EEXIST;
	memcpy(old_name, e->name, sizeof(old_name));

	if (name && strcmp(name, e->name) != 0) {
		ret = check_name(fac, name, EVL_CLONE_PUBLIC, ELEMENT_OF_CORE);
		if (ret)
			return ret;
		snprintf(e->name, sizeof(e->name), "%s", name);
	}
	e->clone_flags |= EVL_CLONE_PUBLIC;
	ret = element_show(e, true);
	if (ret) {
		memcpy(e->name, old_name, sizeof(old_name));
		e->clone_flags = old_flags;
	}

	return ret;
}

int element_bind(struct file *filp, struct evl_element *e)
{
	const struct file_operations *old_op = filp->f_op;
	void *old_data = filp->private_data;
	struct evl_file_binding *binding;
	int ret;

	binding = calloc(1, sizeof(*binding));
	if (binding == NULL)
		return -ENOMEM;

	/* First: once it is open workers may come. */
	binding->element = e;
	filp->private_data = binding;
	filp->f_op = e->factory->inside->fops;
	ret = evl_open_file(&binding->efile, filp);
	if (ret) {
		filp->private_data = old_data;
		filp->f_op = old_op;
		free(binding);
	}

	return ret;
}

EXPORT int evl_open_element(struct inode *inode, struct file *filp)
{
	struct evl_element *e = inode->i_private;
	int ret;

	if (e == NULL)
		return -ESTALE;

	evl_get_element(e);
	ret = element_bind(filp, e);
	if (ret)
		evl_put_element(e);
	else
		stream_open(inode, filp);

	return ret;
}

EXPORT int evl_release_element(struct inode *inode, struct file *filp)
{
	struct evl_file_binding *binding = element_file_of(filp);

	evl_release_file(&binding->efile);
	evl_put_element(binding->element);
	free(binding);

	return 0;
}
