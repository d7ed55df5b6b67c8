/* SPDX-License-Identifier: MIT */
#include "core/factory.h"

#include "core/element.h"
#include "kapi/export.h"
#include "vfs/file.h"
#include "vfs/leftover.h"
#include "vfs/module.h"
#include "wire/bind.h"

#include <errno.h>
#include <linux/compat.h>
#include <linux/poll.h>
#include <linux/uaccess.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static LIST_HEAD(factories);

/* Build what the caller asks for, and show it if it is public. */
static struct evl_element *build(struct evl_factory *fac,
				 const char __user *u_name,
				 void __user *u_attrs, int clone_flags)
{
	u32 state_offset = ~0U;
	struct evl_element *e;
	int ret;

	if (fac->flags_allowed &&
	    (unsigned int)clone_flags & ~fac->flags_allowed)
		return ERR_PTR(-EINVAL);
	if (u_name == NULL && clone_flags & EVL_CLONE_PUBLIC)
		return ERR_PTR(-EINVAL);

	e = fac->build(fac, u_name, u_attrs, clone_flags, &state_offset);
	if (IS_ERR(e))
		return e;

	ret = element_show(e, clone_flags & EVL_CLONE_PUBLIC);
	if (ret) {
		evl_put_element(e);
		return ERR_PTR(ret);
	}

	return e;
}

static struct evl_element *clone_element(struct file *filp,
					 const char __user *u_name,
					 void __user *u_attrs,
					 unsigned int flags)
{
	struct evl_factory *fac = filp->f_inode->i_private;
	struct evl_element *e;
	int ret;

	/* The class is gone. */
	if (fac == NULL)
		return ERR_PTR(-ESTALE);
	/* The node may take a while to appear: once is once. */
	if (filp->private_data)
		return ERR_PTR(-EBUSY);
	filp->private_data = filp;

	e = build(fac, u_name, u_attrs, (int)(flags & EVL_CLONE_MASK));
	if (!IS_ERR(e)) {
		ret = open_file_become(open_file_of(filp), e->node);
		if (ret == 0)
			ret = element_bind(filp, e);
		if (ret) {
			evl_put_element(e);
			e = ERR_PTR(ret);
		}
	}
	if (IS_ERR(e))
		filp->private_data = NULL;

	return e;
}

/* Our library's form: everything inline. */
static long clone_inline(struct file *filp, struct bind_clone __user *u_req)
{
	const struct evl_factory *fac = filp->f_inode->i_private;
	struct evl_element *e;
	struct bind_clone req;

	if (copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	if (req.attrs_len > sizeof(req.attrs) || req.reserved ||
	    memchr(req.name, '\0', sizeof(req.name)) == NULL)
		return -EINVAL;

	if (fac && fac->attrs_size && req.attrs_len != fac->attrs_size)
		return -EINVAL;

	e = clone_element(filp, req.name[0] ? u_req->name : NULL,
			  req.attrs_len ? u_req->attrs : NULL, req.flags);
	if (IS_ERR(e))
		return PTR_ERR(e);

	req.minor = e->minor;
	req.fundle = e->fundle;
	req.state_offset = ~0U;

	return copy_to_user(u_req, &req, sizeof(req)) ? -EFAULT : 0;
}

/* The kernel's form, with pointers into the caller's memory. We cannot make a
 * descriptor there: libevlclient has one, and puts it into @efd. */
static long clone_by_pointers(struct file *filp,
			      struct evl_clone_req __user *u_req)
{
	struct evl_element *e;
	struct evl_clone_req req;

	if (copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;

	e = clone_element(filp, (const char __user *)(uintptr_t)req.name_ptr,
			  (void __user *)(uintptr_t)req.attrs_ptr,
			  req.clone_flags);
	if (IS_ERR(e))
		return PTR_ERR(e);

	req.eids.minor = e->minor;
	req.eids.fundle = e->fundle;
	req.eids.state_offset = ~0U;
	req.efd = EVL_CLONE_NO_EFD;
	open_file_of(filp)->spent_cmd = EVL_IOC_CLONE;

	return copy_to_user(u_req, &req, sizeof(req)) ? -EFAULT : 0;
}

static long clone_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case BIND_IOC_CLONE:
		return clone_inline(filp, (struct bind_clone __user *)arg);
	case EVL_IOC_CLONE:
		return clone_by_pointers(filp,
					 (struct evl_clone_req __user *)arg);
	default:
		return -ENOTTY;
	}
}

static int clone_open(struct inode *inode, struct file *filp)
{
	/* The class is gone. */
	if (inode->i_private == NULL)
		return -ESTALE;

	return stream_open(inode, filp);
}

static __poll_t clone_poll(struct file *filp, struct poll_table_struct *pt)
{
	return POLLERR;
}

static const struct file_operations clone_fops = {
	.open = clone_open,
	.poll = clone_poll,
	.unlocked_ioctl = clone_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static bool is_single(const struct evl_factory *fac)
{
	return fac->flags & EVL_FACTORY_SINGLE;
}

static int init_node(struct evl_factory *fac)
{
	struct factory_inside *inside = fac->inside;
	char path[NODE_PATH_MAX];
	int len, ret;

	len = snprintf(path, sizeof(path), "evl/%s%s", fac->name,
		       is_single(fac) ? "" : "/clone");
	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;

	ret = node_init(&inside->node, path,
			is_single(fac) ? inside->fops : &clone_fops,
			fac->owner ? module_name(fac->owner) : "evl");
	if (ret == 0) {
		inside->node.inode.i_private = fac;
		inside->node.owner = fac->owner;
	}

	return ret;
}

static void inside_free(struct factory_inside *inside)
{
	free(inside->minors);
	free(inside);
}

static void destroy_node(struct node *node)
{
	inside_free(container_of(node, struct factory_inside, node));
}

static int inside_new(struct evl_factory *fac)
{
	struct factory_inside *inside;
	int ret = -ENOMEM;

	inside = calloc(1, sizeof(*inside));
	if (inside == NULL)
		return -ENOMEM;

	fac->inside = inside;
	INIT_LIST_HEAD(&inside->elements);
	wait_queue_init(&inside->gone, WAIT_FIFO);
	inside->class.name = fac->name;
	inside->minors = calloc(fac->nrdev / 64 + 1, sizeof(uint64_t));
	inside->fops = module_fops(fac->owner, fac->fops);
	if (inside->minors && inside->fops)
		ret = init_node(fac);
	if (ret) {
		inside_free(inside);
		fac->inside = NULL;
	} else {
		inside->node.destroy = destroy_node;
	}

	return ret;
}

static bool is_complete(const struct evl_factory *fac)
{
	if (fac->name == NULL || fac->fops == NULL)
		return false;
	if (is_single(fac))
		return true;

	return fac->nrdev && fac->dispose &&
	       (fac->build || !(fac->flags & EVL_FACTORY_CLONE));
}

static bool name_is_taken(const char *name)
{
	const struct evl_factory *fac;

	list_for_each_entry(fac, &factories, link)
		if (strcmp(fac->name, name) == 0)
			return true;

	return false;
}

EXPORT int __evl_create_factory(struct evl_factory *fac, struct module *owner)
{
	int ret;

	if (!is_complete(fac))
		return -EINVAL;
	if (name_is_taken(fac->name))
		return -EEXIST;

	fac->owner = owner;
	ret = inside_new(fac);
	if (ret)
		return ret;

	/* Listed before it is shown: that may sleep, and the name is taken. */
	list_add_tail(&fac->link, &factories);
	if (fac->flags & (EVL_FACTORY_CLONE | EVL_FACTORY_SINGLE))
		ret = node_add(&fac->inside->node);
	if (ret) {
		list_del(&fac->link);
		node_put(&fac->inside->node);
		fac->inside = NULL;
	}

	return ret;
}

void factory_settle(struct evl_factory *fac)
{
	struct factory_inside *inside = fac->inside;

	if (!inside->deleted || inside->nr_elements)
		return;

	fac->inside = NULL;
	/* Files of its own node may be open still. */
	node_put(&inside->node);
}

EXPORT void evl_delete_factory(struct evl_factory *fac)
{
	struct factory_inside *inside = fac->inside;
	struct evl_element *e;

	if (inside == NULL || inside->deleted)
		return;

	list_del(&fac->link);
	inside->deleted = true;
	inside->node.inode.i_private = NULL;
	node_remove(&inside->node);
	for (e = element_next(fac, NULL); e; e = element_next(fac, e))
		evl_remove_element_device(e);
	factory_settle(fac);
}

unsigned int factory_drop(struct module *mod)
{
	struct evl_factory *fac, *tmp;
	unsigned int count = 0;

	list_for_each_entry_safe(fac, tmp, &factories, link) {
		if (mod == NULL || fac->owner != mod)
			continue;
		evl_delete_factory(fac);
		count++;
	}

	return count;
}

void factories_init(void)
{
	static struct leftover classes = {
		.what = "classes of elements",
		.drop = factory_drop,
	};

	leftover_add(&classes);
}
