/* SPDX-License-Identifier: MIT */
#include "core/element.h"

#include "base/error.h"
#include "base/share.h"
#include "core/namesake.h"
#include "vfs/file.h"
#include "vfs/files.h"
#include "wire/bind.h"

#include <errno.h>
#include <linux/compat.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/uaccess.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uapi/evl/factory.h>
#include <unistd.h>

static uint32_t last_fundle;

static int take_minor(struct evl_factory *fac, unsigned int *r_minor)
{
	for (unsigned int i = 0; i < fac->max_elements; i++) {
		if (fac->minors[i / 64] & UINT64_C(1) << i % 64)
			continue;
		fac->minors[i / 64] |= UINT64_C(1) << i % 64;
		*r_minor = i;
		return 0;
	}

	if (!fac->full)
		log_warn("%u elements of class %s are there, one more was "
			 "refused: raise --max-%ss",
			 fac->max_elements, fac->name, fac->name);
	fac->full = true;

	return -EAGAIN;
}

static unsigned int nr_of_user(const struct evl_factory *fac, uid_t uid)
{
	const struct evl_element *element;
	unsigned int nr = 0;

	list_for_each_entry(element, &fac->elements, link)
		nr += element->uid == uid;

	return nr;
}

/* May who is asking make one more? */
static int check_share(struct evl_factory *fac)
{
	uid_t uid = current->uid;
	unsigned int max = fac->max_of_user;

	if (max == 0 && share_is_all(uid))
		return 0;
	if (max == 0)
		max = (unsigned int)share_of(fac->max_elements, uid);
	if (nr_of_user(fac, uid) < max)
		return 0;

	if (!fac->full)
		log_warn("user %u has %u elements of class %s, one more was "
			 "refused: raise --max-%ss, see LIMITS in evl-cused(8)",
			 uid, max, fac->name, fac->name);
	fac->full = true;

	return fac->max_of_user ? -EAGAIN : -EDQUOT;
}

static void give_minor(struct evl_factory *fac, unsigned int minor)
{
	fac->minors[minor / 64] &= ~(UINT64_C(1) << minor % 64);
	fac->full = false;
}

struct evl_element *factory_find(struct evl_factory *fac, const char *name)
{
	struct evl_element *element;

	list_for_each_entry(element, &fac->elements, link)
		if (strcmp(element->name, name) == 0)
			return element;

	return NULL;
}

void element_get(struct evl_element *element)
{
	/* Relaxed: who calls has one already. */
	atomic_fetch_add_explicit(&element->refs, 1, memory_order_relaxed);
}

void element_put(struct evl_element *element)
{
	struct evl_factory *fac = element->fac;
	struct node *node = element->node;

	/* Acquire and release: what all of them did comes before the end. */
	if (atomic_fetch_sub_explicit(&element->refs, 1, memory_order_acq_rel) >
	    1)
		return;

	/* Files opened through a name looked up before find nobody there. */
	if (node) {
		node->inode.i_private = NULL;
		node_remove(node);
		node_put(node);
	}
	list_del(&element->link);
	fac->nr_elements--;
	give_minor(fac, element->minor);
	fac->dispose(element);
	wait_queue_flush(&fac->gone, 0);
}

static void destroy_node(struct node *node)
{
	free(node);
}

/* The node of a public element belongs to who owns the class's clone node. */
static int make_node(struct evl_element *element)
{
	const struct evl_factory *fac = element->fac;
	char path[NODE_PATH_MAX];
	struct node *node;
	int ret;

	node = calloc(1, sizeof(*node));
	if (node == NULL)
		return -ENOMEM;

	snprintf(path, sizeof(path), "evl/%s/%s", fac->name, element->name);
	ret = node_init(node, path, fac->fops, "evl");
	if (ret) {
		free(node);
		return ret;
	}

	node->destroy = destroy_node;
	node->inode.i_private = element;
	node->inode.i_rdev = MKDEV(0, element->minor);
	node->mode = fac->clone.mode;
	node->uid = fac->clone.uid;
	node->gid = fac->clone.gid;
	ret = node_add(node);
	if (ret) {
		node_put(node);
		return ret;
	}

	element->node = node;

	return 0;
}

static bool is_node_name(const char *name)
{
	return name[0] && strchr(name, '/') == NULL &&
	       strcmp(name, "clone") != 0;
}

static int check_request(struct evl_factory *fac, const char *name,
			 unsigned int flags)
{
	int ret;

	if (flags & ~fac->flags_allowed)
		return -EINVAL;
	if ((name[0] || flags & EVL_CLONE_PUBLIC) && !is_node_name(name))
		return -EINVAL;
	ret = namesake_await(fac, name);
	if (ret)
		return ret;

	return check_share(fac);
}

/* @element, just made, is one of @fac from now on, and its maker holds it. On
 * failure it is disposed of. */
static int enlist(struct evl_factory *fac, struct evl_element *element,
		  unsigned int minor, const char *name, unsigned int flags)
{
	int ret;

	element->fac = fac;
	element->minor = minor;
	element->fundle = ++last_fundle;
	element->clone_flags = flags;
	element->refs = 1;
	element->node = NULL;
	if (name[0])
		snprintf(element->name, sizeof(element->name), "%s", name);
	else
		snprintf(element->name, sizeof(element->name), "%s%%%u",
			 fac->name, minor);
	/* Listed before it is shown: that may sleep, and the name is taken. */
	list_add_tail(&element->link, &fac->elements);
	fac->nr_elements++;

	if ((flags & EVL_CLONE_PUBLIC) == 0)
		return 0;

	ret = make_node(element);
	if (ret)
		element_put(element);

	return ret;
}

/* Build the element @filp is to become. @name is "" or NUL-terminated. */
static int build_element(struct evl_factory *fac, const char *name,
			 const void *attrs, size_t len, unsigned int flags,
			 struct evl_element **r_element)
{
	struct evl_element *element;
	unsigned int minor;
	int ret;

	ret = check_request(fac, name, flags);
	if (ret)
		return ret;
	ret = take_minor(fac, &minor);
	if (ret)
		return ret;

	ret = fac->build(fac, attrs, len, flags, &element);
	if (ret) {
		give_minor(fac, minor);
		return ret;
	}

	element->uid = current->uid;
	ret = enlist(fac, element, minor, name, flags);
	if (ret)
		return ret;

	*r_element = element;

	return 0;
}

int element_add(struct evl_factory *fac, struct evl_element *element,
		const char *name, unsigned int flags)
{
	unsigned int minor;
	int ret;

	ret = -EINVAL;
	if ((flags & ~fac->flags_allowed) == 0 &&
	    (is_node_name(name) || (flags & EVL_CLONE_PUBLIC) == 0))
		ret = namesake_await(fac, name);
	if (ret == 0)
		ret = take_minor(fac, &minor);
	if (ret) {
		fac->dispose(element);
		return ret;
	}

	element->uid = geteuid();

	return enlist(fac, element, minor, name, flags);
}

/* From now on @filp is a file of @element, out-of-band capable. */
static int become_element(struct file *filp, struct evl_element *element)
{
	struct element_file *efile;

	efile = calloc(1, sizeof(*efile));
	if (efile == NULL)
		return -ENOMEM;

	efile->element = element;
	filp->private_data = efile;
	filp->f_op = element->fac->fops;

	return evl_open_file(&efile->efile, filp);
}

static int clone_element(struct file *filp, const char *name, const void *attrs,
			 size_t len, unsigned int flags,
			 struct evl_element **r_element)
{
	struct evl_factory *fac = filp->f_inode->i_private;
	int ret;

	/* The node may take a while to appear: once is once. */
	if (filp->private_data)
		return -EBUSY;
	filp->private_data = filp;

	ret = build_element(fac, name, attrs, len, flags & EVL_CLONE_MASK,
			    r_element);
	if (ret == 0) {
		ret = open_file_become(open_file_of(filp), (*r_element)->node);
		if (ret == 0)
			ret = become_element(filp, *r_element);
		if (ret)
			element_put(*r_element);
	}
	if (ret)
		filp->private_data = NULL;

	return ret;
}

/* Our library's form: everything inline. */
static long clone_inline(struct file *filp, struct bind_clone __user *u_req)
{
	struct evl_element *element;
	struct bind_clone req;
	long ret;

	if (copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;
	if (req.attrs_len > sizeof(req.attrs) || req.reserved ||
	    memchr(req.name, '\0', sizeof(req.name)) == NULL)
		return -EINVAL;

	ret = clone_element(filp, req.name, req.attrs, req.attrs_len, req.flags,
			    &element);
	if (ret)
		return ret;

	req.minor = element->minor;
	req.fundle = element->fundle;
	req.state_offset = ~0U;

	return copy_to_user(u_req, &req, sizeof(req)) ? -EFAULT : 0;
}

/* A descriptor number of @filp in the calling process, -1 if we know none. */
static unsigned int own_fd(struct file *filp)
{
	struct files_struct *files = current->files;
	struct files_binding *binding;

	list_for_each_entry(binding, &open_file_of(filp)->bindings, link)
		if (binding->files == files)
			return binding->fd;

	return (unsigned int)-1;
}

/* libevl's own form, with pointers into the caller's memory. The descriptor
 * it is sent on is the element from then on, so @efd names that one. */
static long clone_by_pointers(struct file *filp,
			      struct evl_clone_req __user *u_req)
{
	char name[ELEMENT_NAME_MAX] = "", attrs[64] = "";
	struct evl_factory *fac = filp->f_inode->i_private;
	struct evl_element *element;
	struct evl_clone_req req;
	long ret;

	if (copy_from_user(&req, u_req, sizeof(req)))
		return -EFAULT;

	if (req.name_ptr) {
		ret = strncpy_from_user(
			name, (const char __user *)(uintptr_t)req.name_ptr,
			sizeof(name));
		if (ret < 0)
			return ret;
		if (ret == sizeof(name))
			return -ENAMETOOLONG;
	}
	if (req.attrs_ptr &&
	    copy_from_user(attrs, (const void __user *)(uintptr_t)req.attrs_ptr,
			   fac->attrs_size))
		return -EFAULT;

	ret = clone_element(filp, name, attrs, fac->attrs_size, req.clone_flags,
			    &element);
	if (ret)
		return ret;

	req.eids.minor = element->minor;
	req.eids.fundle = element->fundle;
	req.eids.state_offset = ~0U;
	req.efd = own_fd(filp);

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

int factory_register(struct evl_factory *fac)
{
	char path[NODE_PATH_MAX];
	int ret;

	INIT_LIST_HEAD(&fac->elements);
	wait_queue_init(&fac->gone, WAIT_FIFO);
	fac->minors = calloc((fac->max_elements + 63) / 64, sizeof(uint64_t));
	if (fac->minors == NULL)
		return err_origin(-ENOMEM);

	snprintf(path, sizeof(path), "evl/%s/clone", fac->name);
	ret = node_init(&fac->clone, path, &clone_fops, "evl");
	if (ret == 0) {
		fac->clone.inode.i_private = fac;
		ret = node_add(&fac->clone);
	}
	if (ret) {
		free(fac->minors);
		return err_trace(ret);
	}

	return 0;
}

void factory_unregister(struct evl_factory *fac)
{
	node_remove(&fac->clone);
	free(fac->minors);
	fac->minors = NULL;
}

int element_open(struct inode *inode, struct file *filp)
{
	struct evl_element *element = inode->i_private;
	int ret;

	if (element == NULL)
		return -ESTALE;

	element_get(element);
	ret = become_element(filp, element);
	if (ret)
		element_put(element);
	else
		stream_open(inode, filp);

	return ret;
}

int element_release(struct inode *inode, struct file *filp)
{
	struct element_file *efile = element_file_of(filp);

	evl_release_file(&efile->efile);
	element_put(efile->element);
	free(efile);

	return 0;
}
