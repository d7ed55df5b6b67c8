/* SPDX-License-Identifier: MIT */
/*
 * Attributes: values of a class or a device which users read and write as text.
 * There is no sysfs here. An attribute is a node like others, below those of
 * EVL: /dev/evl/sys/class/CLASS/ATTRIBUTE, or .../CLASS/DEVICE/ATTRIBUTE. Who
 * reads it from its beginning gets what the show function wrote, up to a page;
 * each write(2) calls the store function. Both run in-band, on a fiber; whoever
 * removes the attribute waits for them.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_SYSFS_H
#define _LINUX_SYSFS_H

#include <linux/compiler.h>
#include <linux/stat.h>
#include <linux/types.h>

struct kobject;

struct attribute {
	const char *name;
	umode_t mode;
};

struct attribute_group {
	const char *name; /* a directory of their own; may be NULL */
	/* The mode an attribute is to have, 0 for none; may be NULL. */
	umode_t (*is_visible)(struct kobject *kobj, struct attribute *attr,
			      int n);
	struct attribute **attrs; /* up to a NULL */
};

/* clang-format off */
#define __ATTR(_name, _mode, _show, _store)				\
	{								\
		.attr = { .name = #_name, .mode = (_mode) },		\
		.show = _show,						\
		.store = _store,					\
	}
#define __ATTR_RO(_name)	      __ATTR(_name, 0444, _name##_show, NULL)
#define __ATTR_RO_MODE(_name, _mode)  __ATTR(_name, _mode, _name##_show, NULL)
#define __ATTR_WO(_name)	      __ATTR(_name, 0200, NULL, _name##_store)
#define __ATTR_RW(_name)	      __ATTR(_name, 0644, _name##_show, _name##_store)
#define __ATTR_RW_MODE(_name, _mode)  __ATTR(_name, _mode, _name##_show, _name##_store)
#define __ATTR_NULL		      { .attr = { .name = NULL } }

#define ATTRIBUTE_GROUP(name)						\
	static const struct attribute_group name##_group = {		\
		.attrs = name##_attrs,					\
	}
#define __ATTRIBUTE_GROUPS(name)					\
	static const struct attribute_group *name##_groups[] = {	\
		&name##_group,						\
		NULL,							\
	}
#define ATTRIBUTE_GROUPS(name)						\
	ATTRIBUTE_GROUP(name);						\
	__ATTRIBUTE_GROUPS(name)
/* clang-format on */

/**
 * sysfs_emit() - what a show function does
 * @buf:	what it was given
 * @fmt:	as for printf()
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: how many characters it wrote
 */
int sysfs_emit(char *buf, const char *fmt, ...) __printf(2, 3);
/* The same, behind what is there. */
int sysfs_emit_at(char *buf, int at, const char *fmt, ...) __printf(3, 4);

/**
 * sysfs_create_group() - give a device more attributes
 * @kobj:	the device's ->kobj, which was added
 * @grp:	the attributes; must live until they are removed, or with the
 *		device
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until their nodes can be opened.
 *
 * Return: 0, or an error as device_create(), and none of them is there
 */
int sysfs_create_group(struct kobject *kobj, const struct attribute_group *grp);
int sysfs_create_groups(struct kobject *kobj,
			const struct attribute_group **groups);
int sysfs_create_file(struct kobject *kobj, const struct attribute *attr);

/**
 * sysfs_remove_group() - take them away again
 * @kobj:	the device's ->kobj
 * @grp:	the attributes
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until nobody is in their functions, but the caller.
 */
void sysfs_remove_group(struct kobject *kobj,
			const struct attribute_group *grp);
void sysfs_remove_groups(struct kobject *kobj,
			 const struct attribute_group **groups);
void sysfs_remove_file(struct kobject *kobj, const struct attribute *attr);

#endif /* _LINUX_SYSFS_H */
