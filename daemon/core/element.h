/* SPDX-License-Identifier: MIT */
/*
 * An element is an object of the EVL API that applications create, name and
 * refer to by descriptors: a cross-buffer, a thread. A factory makes those of
 * one class. Names are unique within a class, whoever owns them; a public
 * element also shows as the node evl/<class>/<name>.
 *
 * An element lives as long as an open file refers to it. Made and disposed of
 * in-band; what its handlers do out-of-band is the class's business.
 */
#pragma once

#include "stage/wait.h"
#include "vfs/node.h"

#include <evl/file.h>
#include <linux/list.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELEMENT_NAME_MAX 64 /* with the final 0 */

struct evl_factory;

struct evl_element {
	struct evl_factory *fac;
	char name[ELEMENT_NAME_MAX];
	unsigned int minor;
	uint32_t fundle; /* handle, unique among all elements */
	unsigned int clone_flags;
	uid_t uid; /* of who made it */
	/* One for each open file, for build to end, for each in-band call. */
	_Atomic(unsigned int) refs;
	struct node *node;     /* owned, NULL if private */
	struct list_head link; /* fac->elements */
};

struct evl_factory {
	const char *name; /* the class */
	/* Of the elements; its open and release are element_open() and
	 * element_release(), or call them. */
	const struct file_operations *fops;
	unsigned int max_elements;
	/* 0: the usual share of them, base/share.h; else for each user, root
	 * too, the limit which applications know, -EAGAIN. */
	unsigned int max_of_user;
	unsigned int flags_allowed; /* EVL_CLONE_* this class accepts */
	size_t attrs_size;	    /* of its attribute block, at most 64 */
	/* Make one from @attrs (@len bytes, zero padded to 64). The element is
	 * initialized by the caller afterwards. 0 or -errno. */
	int (*build)(struct evl_factory *fac, const void *attrs, size_t len,
		     unsigned int clone_flags, struct evl_element **r_element);
	void (*dispose)(struct evl_element *element);
	/* Does anybody but open files keep it, and go on to? NULL: never. */
	bool (*held)(const struct evl_element *element);
	/* The factory's own: */
	struct node clone;
	struct list_head elements;
	unsigned int nr_elements;
	uint64_t *minors;	/* bitmap of max_elements */
	struct wait_queue gone; /* an element was disposed of */
	bool full;		/* said so in the log */
};

/* What an element's file has as private_data. */
struct element_file {
	struct evl_file efile;
	struct evl_element *element;
};

static inline struct element_file *element_file_of(struct file *filp)
{
	return filp->private_data;
}

/* The element behind @filp. */
static inline struct evl_element *element_behind(struct file *filp)
{
	return element_file_of(filp)->element;
}

/* Add a class: its clone node evl/<class>/clone. In-band fiber, at start. */
int factory_register(struct evl_factory *fac);
void factory_unregister(struct evl_factory *fac);
/*
 * Add @element, which the daemon made for itself and then holds. No user's share
 * of the elements counts. On failure it is disposed of.
 *
 * In-band, from a fiber. Return: 0, -EINVAL (flags, or a name a public one
 * cannot have), -EEXIST, -EAGAIN (the limit of the class), -ENOMEM, -EINTR.
 */
int element_add(struct evl_factory *fac, struct evl_element *element,
		const char *name, unsigned int flags);
/* The element of that name, NULL if there is none. */
struct evl_element *factory_find(struct evl_factory *fac, const char *name);

/* For fops: open a public element's node; give a file back. element_release()
 * waits for the out-of-band references on the file. */
int element_open(struct inode *inode, struct file *filp);
int element_release(struct inode *inode, struct file *filp);

/* References other than files'. Get: any stage, by who has one; put: in-band, or
 * by who has another. */
void element_get(struct evl_element *element);
void element_put(struct evl_element *element);
