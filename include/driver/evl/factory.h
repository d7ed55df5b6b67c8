/* SPDX-License-Identifier: MIT */
/*
 * Classes of elements: objects which applications make, name and refer to by
 * descriptors, each with operations of its driver's. A class has a directory
 * /dev/evl/<class>, with a clone node in it: EVL_IOC_CLONE on a file of that
 * turns the file into a new element's, and gives the application another
 * descriptor of it (<uapi/evl/factory.h>). A public element also shows there,
 * under its name.
 *
 *	struct thing {
 *		struct evl_element element;
 *		...
 *	};
 *
 * Names are unique within a class, whoever owns them.
 *
 * An element lives as long as somebody has a reference: each open file of it
 * has one. The last one to be put has the class's dispose function called. A
 * class has attributes, too: evl/sys/class/<class>/<element>/<attribute>, see
 * <linux/sysfs.h>.
 *
 * Source: driver-api 2.18
 */
#ifndef _EVL_FACTORY_H
#define _EVL_FACTORY_H

#include <evl/file.h>
#include <evl/prelude.h>
#include <linux/cdev.h>
#include <linux/device.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include <uapi/evl/factory.h>

#define EVL_FACTORY_CLONE  (1 << 0) /* applications make elements */
#define EVL_FACTORY_SINGLE (1 << 1) /* one device /dev/evl/<class>, no more */

struct attribute_group;
struct evl_factory;
struct factory_inside;
struct node;

struct evl_element {
	struct evl_factory *factory;
	unsigned int minor;
	fundle_t fundle; /* handle, unique among all elements */
	int clone_flags;
	/* The core's own: */
	char name[EVL_MAX_NAME_LEN + 1];
	uid_t uid; /* of who made it */
	unsigned int refs;
	struct node *node;  /* of one which is shown */
	struct device *dev; /* whose attributes are its own, if it has any */
	struct list_head link;
	struct work_struct put; /* the last reference, put elsewhere */
};

struct evl_factory {
	const char *name; /* the class */
	/* Of the elements; open and release are evl_open_element() and
	 * evl_release_element(), or call them. */
	const struct file_operations *fops;
	unsigned int nrdev; /* how many elements there may be */
	/*
	 * Make an element: fill it in by evl_init_user_element(), which takes
	 * @u_name. @u_attrs is what the application passed along, in its
	 * memory, or NULL; *@state_offp is where its shared state is, and
	 * stays as it is. The element, or ERR_PTR(). In-band, may sleep.
	 */
	struct evl_element *(*build)(struct evl_factory *fac,
				     const char __user *u_name,
				     void __user *u_attrs, int clone_flags,
				     u32 *state_offp);
	/* Nobody has it any more: evl_destroy_element(), then free what it is
	 * part of. In-band, may sleep. */
	void (*dispose)(struct evl_element *e);
	/* Of each element's device: dev_get_drvdata() is the element. */
	const struct attribute_group **attrs;
	int flags; /* EVL_FACTORY_* */
	/* The core's own: */
	struct module *owner;
	unsigned int max_of_user; /* 0: a share of @nrdev, see core/element.c */
	unsigned int flags_allowed; /* EVL_CLONE_*; 0: all */
	unsigned int attrs_size; /* what @u_attrs has; 0: that is not checked */
	/* Does anybody but open files keep it, and go on to? NULL: never. */
	bool (*held)(const struct evl_element *e);
	struct factory_inside *inside;
	struct list_head link;
};

/**
 * evl_create_factory() - add a class
 * @fac:	its name, operations, limit and functions; zeroes else. It lasts
 *		until it is deleted and the last of its elements is gone
 * @...:	a device number, as some cores have it: not looked at
 *
 * Stage:  in-band, from an init function.
 * Blocks: until the node is there.
 *
 * Return: 0, or
 *   -EINVAL	it has no name, no operations, no elements, or lacks a function
 *   -EEXIST	there is a class or a node of that name
 *   -ENAMETOOLONG
 *   -ENOMEM
 */
#define evl_create_factory(fac, ...) __evl_create_factory(fac, THIS_MODULE)
int __evl_create_factory(struct evl_factory *fac, struct module *owner);

/**
 * evl_delete_factory() - take a class away
 * @fac:	from evl_create_factory(); one which was not created, or is
 *		deleted, is left alone
 *
 * Elements which are there are shown no longer, but live on until the last
 * reference goes: a driver which may be unloaded has no open file then.
 *
 * Stage:  in-band.
 * Blocks: until nobody is in the functions of their attributes.
 */
void evl_delete_factory(struct evl_factory *fac);

/**
 * evl_init_user_element() - prepare an element an application makes
 * @e:		the element
 * @fac:	its class
 * @u_name:	its name, in the application's memory; NULL: none, it is called
 *		<class>%<minor>
 * @clone_flags: as the build function got them
 *
 * The caller has one reference, which the file that asked for the element takes
 * over.
 *
 * Stage:  in-band, from a build function.
 * Blocks: while somebody who has the name is about to give it back.
 *
 * Return: 0, or
 *   -EEXIST	the name is taken
 *   -EINVAL	it is no file's name, or it is empty and EVL_CLONE_PUBLIC is set
 *   -ENAMETOOLONG it has more than EVL_MAX_NAME_LEN characters
 *   -EFAULT	it cannot be read
 *   -EAGAIN	there are @nrdev elements
 *   -ESTALE	the class was deleted
 *   -EINTR	by a signal
 */
int evl_init_user_element(struct evl_element *e, struct evl_factory *fac,
			  const char __user *u_name, int clone_flags);

/**
 * evl_init_element() - prepare an element of the driver's own
 * @e:		the element
 * @fac:	its class
 * @clone_flags: EVL_CLONE_*
 *
 * It is called <class>%<minor>, until evl_create_core_element_device() names it.
 * The caller has one reference.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EAGAIN	there are @nrdev elements
 *   -ESTALE	the class was deleted
 */
int evl_init_element(struct evl_element *e, struct evl_factory *fac,
		     int clone_flags);

/**
 * evl_destroy_element() - undo evl_init_user_element(), evl_init_element()
 * @e:		the element; done twice, it does nothing
 *
 * For dispose functions, and for who fails later on, when nobody else knows the
 * element.
 *
 * Stage:  in-band.
 * Blocks: as evl_remove_element_device().
 */
void evl_destroy_element(struct evl_element *e);

/* Another reference, for who has one. Any stage, does not block. */
void evl_get_element(struct evl_element *e);
/* One less; the last has it disposed of, now if the caller is an in-band
 * handler, else on a workqueue. Any stage, does not block but for that. */
void evl_put_element(struct evl_element *e);

/**
 * evl_create_core_element_device() - show an element of the driver's own
 * @e:		the element, from evl_init_element()
 * @fac:	its class
 * @name:	what it is to be called; NULL: as it is
 *
 * For elements no application makes: it appears as /dev/evl/<class>/<name>.
 * evl_remove_element_device() hides it, as does whatever ends it.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until the node is there, and as evl_init_user_element().
 *
 * Return: 0, or
 *   -EEXIST	the name is taken, or the element is shown already
 *   -EINVAL, -ENAMETOOLONG, -EINTR, -ESTALE as evl_init_user_element()
 *   -ENOMEM
 */
int evl_create_core_element_device(struct evl_element *e,
				   struct evl_factory *fac, const char *name);
#define evl_create_element_device(e, fac, name) \
	evl_create_core_element_device(e, fac, name)
#define evl_create_core_device(e, fac, name) \
	evl_create_core_element_device(e, fac, name)

/* No later open finds it; who has it open goes on. In-band; blocks until nobody
 * is in the functions of its attributes. */
void evl_remove_element_device(struct evl_element *e);

/*
 * Handlers for an element's operations. open: -ESTALE, it is being torn down;
 * -ENOMEM. release: waits for out-of-band requests on the file, as
 * evl_release_file().
 */
int evl_open_element(struct inode *inode, struct file *filp);
int evl_release_element(struct inode *inode, struct file *filp);

/* What its file's private_data is. */
struct evl_file_binding {
	struct evl_file efile;
	struct evl_element *element;
};

/* The element behind @filp, a @type which has it as ->element. */
#define element_of(filp, type)                                              \
	container_of(                                                       \
		((struct evl_file_binding *)(filp)->private_data)->element, \
		type, element)

/* For functions of attributes: the @type with the element of @dev as ->element,
 * and a reference on it; NULL: it has none. */
#define evl_get_element_by_dev(dev, type)                              \
	__extension__({                                                \
		struct evl_element *__e = dev_get_drvdata(dev);        \
		if (__e)                                               \
			evl_get_element(__e);                          \
		__e ? container_of(__e, type, element) : (type *)NULL; \
	})

static inline const char *evl_element_name(const struct evl_element *e)
{
	return e->name;
}

#endif /* _EVL_FACTORY_H */
