/* SPDX-License-Identifier: MIT */
/* Source: driver-api 0, 5.2 */
#ifndef _LINUX_DEVICE_CLASS_H
#define _LINUX_DEVICE_CLASS_H

#include <linux/types.h>

struct device;
struct module;

/* A kind of devices. */
/* clang-format off */
struct class {
	const char *name;
	struct module *owner;
	/*
	 * Where the node of @dev is to be below /dev, kmalloc()'ed, or NULL for
	 * its name; *@mode, if changed, is the node's. May be NULL.
	 */
	char *(*devnode)(const struct device *dev, umode_t *mode);
	/* How devices end which have no release function; may be NULL. */
	void (*dev_release)(struct device *dev);
	void (*class_release)(const struct class *class);
};
/* clang-format on */

/**
 * class_create() - make a class
 *
 * With the class's name, or, as older kernels have it, with THIS_MODULE and
 * the name.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the class, to be ended by class_destroy(), or an ERR_PTR() of
 *   -ENOMEM
 */
#define class_create(...)                                  \
	__class_create_pick(__VA_ARGS__, __class_create_2, \
			    __class_create_1)(__VA_ARGS__)
#define __class_create_pick(arg1, arg2, func, ...) func
#define __class_create_1(name)			   __class_create(name)
#define __class_create_2(owner, name)		   ((void)(owner), __class_create(name))
struct class *__class_create(const char *name);

/**
 * class_destroy() - end a class of class_create()
 * @class:	the class, or what class_create() failed with; its devices are
 *		gone
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void class_destroy(const struct class *class);

/**
 * class_register() - use a class of one's own
 * @class:	the class, with a name
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	it has no name
 */
int class_register(const struct class *class);

/**
 * class_unregister() - end a class of class_register()
 * @class:	the class; its devices are gone
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void class_unregister(const struct class *class);

#endif /* _LINUX_DEVICE_CLASS_H */
