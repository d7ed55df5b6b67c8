/* SPDX-License-Identifier: MIT */
/*
 * Elements, <evl/factory.h>, as the rest of the daemon sees them: made and
 * disposed of in-band; what their handlers do out-of-band is the class's
 * business.
 */
#pragma once

#include "stage/wait.h"
#include "vfs/node.h"

#include <evl/factory.h>
#include <linux/device.h>
#include <linux/list.h>
#include <stdbool.h>
#include <stdint.h>

/* What a class has inside: from its creation until it is deleted, its last
 * element is gone, and nobody has its own node open. */
struct factory_inside {
	struct node node; /* first: evl/<class>/clone, or evl/<class> */
	const struct file_operations *fops; /* of elements, in full size */
	struct class class;		    /* if elements have attributes */
	struct list_head elements;	    /* struct evl_element */
	unsigned int nr_elements;
	uint64_t *minors;	/* owned, bitmap of nrdev */
	struct wait_queue gone; /* an element was disposed of */
	bool full;		/* said so in the log */
	bool deleted;		/* goes with its last element */
};

static inline struct evl_file_binding *element_file_of(struct file *filp)
{
	return filp->private_data;
}

/* The element behind @filp. */
static inline struct evl_element *element_behind(struct file *filp)
{
	return element_file_of(filp)->element;
}

/* The element of that name, NULL if there is none. */
struct evl_element *element_find(const struct evl_factory *fac,
				 const char *name);
/* The first of them, or the one after @e; NULL at the end, and where the class
 * is not there. */
struct evl_element *element_next(const struct evl_factory *fac,
				 const struct evl_element *e);

/* Whose an element is: no user's share of them counts for our own. */
enum element_maker { ELEMENT_OF_USER, ELEMENT_OF_CORE };

/* As evl_init_user_element(), with a name of ours; "": none. -EDQUOT: the user
 * has its share of them. */
int element_init(struct evl_element *e, struct evl_factory *fac,
		 const char *name, int clone_flags, enum element_maker maker);
/* Show it as evl/<class>/<name> if @node, and its attributes. From a fiber.
 * -EEXIST, -EINVAL, -ENOMEM. */
int element_show(struct evl_element *e, bool node);
/* From now on @filp is a file of @e's, out-of-band capable; it takes over a
 * reference. -ENOMEM. */
int element_bind(struct file *filp, struct evl_element *e);
