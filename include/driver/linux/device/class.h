/* SPDX-License-Identifier: MIT */
/* Source: driver-api 0, 5.2 */
#ifndef _LINUX_DEVICE_CLASS_H
#define _LINUX_DEVICE_CLASS_H

#include <linux/sysfs.h>
#include <linux/types.h>

struct device;
struct module;

/* A kind of devices. */
/* clang-format off */
struct class {
	const char *name;
	struct module *owner;
	/* Attributes: its own, and what each of its devices has. May be NULL. */
	const struct attribute_group **class_groups;
	const struct attribute_group **dev_groups;
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
 * Stage:  in-band, from a fiber if it has attributes.
 * Blocks: until their nodes can be opened.
 *
 * Return: 0, or
 *   -EINVAL	it has no name, or an attribute's cannot be a file's
 *   -EEXIST	an attribute of that name is there
 *   -ENOMEM
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

/* An attribute of a class. */
/* clang-format off */
struct class_attribute {
	struct attribute attr;
	ssize_t (*show)(const struct class *class,
			const struct class_attribute *attr, char *buf);
	ssize_t (*store)(const struct class *class,
			 const struct class_attribute *attr, const char *buf,
			 size_t count);
};

/* The functions may be those of older kernels, without const. */
#define __CLASS_ATTR_SHOW(func)						\
	((ssize_t (*)(const struct class *, const struct class_attribute *, \
		      char *))(func))
#define __CLASS_ATTR_STORE(func)					\
	((ssize_t (*)(const struct class *, const struct class_attribute *, \
		      const char *, size_t))(func))
#define CLASS_ATTR_RO(_name)						\
	struct class_attribute class_attr_##_name =			\
		__ATTR(_name, 0444, __CLASS_ATTR_SHOW(_name##_show), NULL)
#define CLASS_ATTR_WO(_name)						\
	struct class_attribute class_attr_##_name =			\
		__ATTR(_name, 0200, NULL, __CLASS_ATTR_STORE(_name##_store))
#define CLASS_ATTR_RW(_name)						\
	struct class_attribute class_attr_##_name =			\
		__ATTR(_name, 0644, __CLASS_ATTR_SHOW(_name##_show),	\
		       __CLASS_ATTR_STORE(_name##_store))
/* clang-format on */

/* One more attribute of a class, as sysfs_create_file(); and away with it. */
int class_create_file(const struct class *class,
		      const struct class_attribute *attr);
void class_remove_file(const struct class *class,
		       const struct class_attribute *attr);

#endif /* _LINUX_DEVICE_CLASS_H */
