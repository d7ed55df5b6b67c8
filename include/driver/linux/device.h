/* SPDX-License-Identifier: MIT */
/*
 * Devices and their classes: what makes the nodes of character devices appear
 * in /dev, and where their names come from. Their attributes are nodes, too: see
 * linux/sysfs.h.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_DEVICE_H
#define _LINUX_DEVICE_H

#include <linux/bug.h>
#include <linux/container_of.h>
#include <linux/device/class.h>
#include <linux/device/devres.h>
#include <linux/device/driver.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/ioport.h>
#include <linux/kdev_t.h>
#include <linux/kobject.h>
#include <linux/list.h>
#include <linux/pm.h>
#include <linux/printk.h>
#include <linux/types.h>

struct device {
	struct kobject kobj;
	struct device *parent;
	const char *init_name; /* of one that is not made by device_create() */
	const struct class *class;
	const struct attribute_group **groups; /* its own; may be NULL */
	__kernel_dev_t devt;		       /* 0: no node */
	void (*release)(struct device *dev);   /* the last reference is gone */
	void *driver_data;
	void *platform_data;
	const struct bus_type *bus;
	struct device_driver *driver; /* bound to it; NULL: none is */
	struct device_node *of_node;  /* what was configured; NULL: nothing */
	/* The core's own: */
	char *name;
	unsigned int refs;
	struct list_head link;
	struct list_head devres;
	struct node *node;
	struct module *owner;
};

/**
 * device_create() - make a device
 * @class:	its class
 * @parent:	the device it belongs to; may be NULL
 * @devt:	the number of the character device behind it; 0: none
 * @drvdata:	for dev_get_drvdata()
 * @fmt:	its name, as for printf(); "!" in it stands for "/"
 *
 * Its node appears now if the character device is there, else with it.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until the node can be opened.
 *
 * Return: the device, to be ended by device_destroy(), or an ERR_PTR() of
 *   -EEXIST	there is a device or a node of that name
 *   -EINVAL	the name cannot be a file's
 *   -ENOMEM
 */
struct device *device_create(const struct class *class, struct device *parent,
			     __kernel_dev_t devt, void *drvdata,
			     const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* The same, with attributes which show what device_create() was given. */
struct device *device_create_with_groups(const struct class *class,
					 struct device *parent,
					 __kernel_dev_t devt, void *drvdata,
					 const struct attribute_group **groups,
					 const char *fmt, ...)
	__attribute__((format(printf, 6, 7)));

/**
 * device_destroy() - end a device of device_create()
 * @class:	its class
 * @devt:	its number
 *
 * Its node goes; files which are open remain usable until they are closed.
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void device_destroy(const struct class *class, __kernel_dev_t devt);

/**
 * device_initialize() - prepare a device of one's own
 * @dev:	the device, zero-filled but for what the caller set; it has one
 *		reference, and once those are put its ->release is called
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void device_initialize(struct device *dev);

/**
 * dev_set_name() - name a device
 * @dev:	the device, not added yet
 * @fmt:	as for printf()
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or -ENOMEM
 */
int dev_set_name(struct device *dev, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/**
 * device_add() - show a device
 * @dev:	the device, initialized and named; on failure put_device() it
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until its node, if any, can be opened.
 *
 * Return: 0 or an error, as device_create()
 */
int device_add(struct device *dev);

/**
 * device_del() - hide a device again
 * @dev:	the device; put_device() it afterwards
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void device_del(struct device *dev);

/* device_initialize() and device_add() in one. */
int device_register(struct device *dev);
/* device_del() and put_device() in one. */
void device_unregister(struct device *dev);

/**
 * get_device() - take another reference
 * @dev:	the device; may be NULL
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: @dev
 */
struct device *get_device(struct device *dev);

/**
 * put_device() - drop a reference
 * @dev:	the device; may be NULL
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void put_device(struct device *dev);

#define kobj_to_dev(kobj) container_of(kobj, struct device, kobj)

/* An attribute of a device. */
struct device_attribute {
	struct attribute attr;
	ssize_t (*show)(struct device *dev, struct device_attribute *attr,
			char *buf);
	ssize_t (*store)(struct device *dev, struct device_attribute *attr,
			 const char *buf, size_t count);
};

#define DEVICE_ATTR(_name, _mode, _show, _store)   \
	struct device_attribute dev_attr_##_name = \
		__ATTR(_name, _mode, _show, _store)
#define DEVICE_ATTR_RO(_name) \
	struct device_attribute dev_attr_##_name = __ATTR_RO(_name)
#define DEVICE_ATTR_WO(_name) \
	struct device_attribute dev_attr_##_name = __ATTR_WO(_name)
#define DEVICE_ATTR_RW(_name) \
	struct device_attribute dev_attr_##_name = __ATTR_RW(_name)
#define DEVICE_ATTR_ADMIN_RO(_name) \
	struct device_attribute dev_attr_##_name = __ATTR_RO_MODE(_name, 0400)
#define DEVICE_ATTR_ADMIN_RW(_name) \
	struct device_attribute dev_attr_##_name = __ATTR_RW_MODE(_name, 0600)

/* One more attribute of a device, as sysfs_create_file(); and away with it. */
static inline int device_create_file(struct device *dev,
				     const struct device_attribute *attr)
{
	return sysfs_create_file(&dev->kobj, &attr->attr);
}

static inline void device_remove_file(struct device *dev,
				      const struct device_attribute *attr)
{
	sysfs_remove_file(&dev->kobj, &attr->attr);
}

/* "" if it has none. */
static inline const char *dev_driver_string(const struct device *dev)
{
	return dev->driver ? dev->driver->name : "";
}

static inline const char *dev_name(const struct device *dev)
{
	if (dev->name)
		return dev->name;

	return dev->init_name ? dev->init_name : "(unnamed device)";
}

static inline void *dev_get_drvdata(const struct device *dev)
{
	return dev->driver_data;
}

static inline void *dev_get_platdata(const struct device *dev)
{
	return dev->platform_data;
}

static inline void dev_set_drvdata(struct device *dev, void *data)
{
	dev->driver_data = data;
}

/* printk(), after the device's name; NULL is a device too. */
#define dev_printk(level, dev, fmt, ...) \
	printk("%s%s: " fmt, level, __dev_log_name(dev), ##__VA_ARGS__)

static inline const char *__dev_log_name(const struct device *dev)
{
	return dev ? dev_name(dev) : "(no device)";
}

/* What a driver may define to begin all of its lines. */
#ifndef dev_fmt
#define dev_fmt(fmt) fmt
#endif
#define dev_emerg(dev, fmt, ...) \
	dev_printk(KERN_EMERG, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_alert(dev, fmt, ...) \
	dev_printk(KERN_ALERT, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_crit(dev, fmt, ...) \
	dev_printk(KERN_CRIT, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_err(dev, fmt, ...) \
	dev_printk(KERN_ERR, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_warn(dev, fmt, ...) \
	dev_printk(KERN_WARNING, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_notice(dev, fmt, ...) \
	dev_printk(KERN_NOTICE, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_info(dev, fmt, ...) \
	dev_printk(KERN_INFO, dev, dev_fmt(fmt), ##__VA_ARGS__)
#define dev_dbg(dev, fmt, ...) \
	dev_printk(KERN_DEBUG, dev, dev_fmt(fmt), ##__VA_ARGS__)

/* With -DVERBOSE_DEBUG only. */
#ifdef VERBOSE_DEBUG
#define dev_vdbg dev_dbg
#else
#define dev_vdbg(dev, fmt, ...) \
	((void)no_printk("%s" fmt, __dev_log_name(dev), ##__VA_ARGS__))
#endif

/* The same once, or ten times in five seconds, for each place. */
/* clang-format off */
#define dev_level_once(level, dev, fmt, ...)				\
	do {								\
		static unsigned char __told;				\
		if (!__atomic_exchange_n(&__told, 1, __ATOMIC_RELAXED))	\
			level(dev, fmt, ##__VA_ARGS__);			\
	} while (0)
#define dev_level_ratelimited(level, dev, fmt, ...)			\
	do {								\
		static struct ratelimit_state __rs;			\
		if (__ratelimit(&__rs))					\
			level(dev, fmt, ##__VA_ARGS__);			\
	} while (0)
/* clang-format on */
#define dev_emerg_once(dev, ...)  dev_level_once(dev_emerg, dev, __VA_ARGS__)
#define dev_err_once(dev, ...)	  dev_level_once(dev_err, dev, __VA_ARGS__)
#define dev_warn_once(dev, ...)	  dev_level_once(dev_warn, dev, __VA_ARGS__)
#define dev_notice_once(dev, ...) dev_level_once(dev_notice, dev, __VA_ARGS__)
#define dev_info_once(dev, ...)	  dev_level_once(dev_info, dev, __VA_ARGS__)
#define dev_dbg_once(dev, ...)	  dev_level_once(dev_dbg, dev, __VA_ARGS__)
#define dev_err_ratelimited(dev, ...) \
	dev_level_ratelimited(dev_err, dev, __VA_ARGS__)
#define dev_warn_ratelimited(dev, ...) \
	dev_level_ratelimited(dev_warn, dev, __VA_ARGS__)
#define dev_notice_ratelimited(dev, ...) \
	dev_level_ratelimited(dev_notice, dev, __VA_ARGS__)
#define dev_info_ratelimited(dev, ...) \
	dev_level_ratelimited(dev_info, dev, __VA_ARGS__)
#define dev_dbg_ratelimited(dev, ...) \
	dev_level_ratelimited(dev_dbg, dev, __VA_ARGS__)
#define dev_WARN(dev, fmt, ...) \
	WARN(1, "%s: " fmt, __dev_log_name(dev), ##__VA_ARGS__)
#define dev_WARN_ONCE(dev, condition, fmt, ...) \
	WARN_ONCE(condition, "%s: " fmt, __dev_log_name(dev), ##__VA_ARGS__)

/* Log an error on the way out of a function, unless it is that something is not
 * there yet; @err again. */
/* clang-format off */
#define dev_err_probe(dev, err, fmt, ...)				\
	__extension__({							\
		int __probe_err = (err);				\
		if (__probe_err == -EPROBE_DEFER)			\
			dev_dbg(dev, "not yet: " fmt, ##__VA_ARGS__);	\
		else							\
			dev_err(dev, "error %d: " fmt, __probe_err,	\
				##__VA_ARGS__);				\
		__probe_err;						\
	})
/* clang-format on */

#endif /* _LINUX_DEVICE_H */
