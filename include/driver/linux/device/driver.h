/* SPDX-License-Identifier: MIT */
/*
 * What is the same of the drivers of all buses. There is one bus, see
 * linux/platform_device.h, with which drivers are registered.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_DEVICE_DRIVER_H
#define _LINUX_DEVICE_DRIVER_H

#include <linux/list.h>
#include <linux/mod_devicetable.h>
#include <linux/types.h>

struct attribute_group;
struct dev_pm_ops;
struct device;
struct module;

struct bus_type {
	const char *name;
};

/* Probes come in order, whatever is preferred. */
enum probe_type {
	PROBE_DEFAULT_STRATEGY,
	PROBE_PREFER_ASYNCHRONOUS,
	PROBE_FORCE_SYNCHRONOUS,
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	struct module *owner;
	const char *mod_name;
	bool suppress_bind_attrs;
	enum probe_type probe_type;
	const struct of_device_id *of_match_table;
	const struct acpi_device_id *acpi_match_table;
	/* Instead of those of the bus's driver; may be NULL. */
	int (*probe)(struct device *dev);
	int (*remove)(struct device *dev);
	void (*shutdown)(struct device *dev);	   /* never called */
	const struct attribute_group **groups;	   /* never shown */
	const struct attribute_group **dev_groups; /* of what is bound to it */
	const struct dev_pm_ops *pm;		   /* never called */
	/* The core's own: */
	struct list_head link;
	u64 serial;
};

/**
 * driver_register() - have a driver probe what it is for
 * @drv:	the driver, of a struct platform_driver, with ->bus
 *
 * As platform_driver_register(), which is what drivers call.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: as its probe functions do.
 *
 * Return: 0, or
 *   -EINVAL	it has no name, or no bus
 *   -EBUSY	there is one of that name
 */
int driver_register(struct device_driver *drv);

/* Devices bound to it are removed first, which may take as long as that. In-band,
 * from a fiber. */
void driver_unregister(struct device_driver *drv);

/* A driver which does nothing else when it is loaded and unloaded. */
#define module_driver(__drv, __register, __unregister, ...) \
	static int __init __drv##_init(void)                \
	{                                                   \
		return __register(&(__drv), ##__VA_ARGS__); \
	}                                                   \
	module_init(__drv##_init);                          \
	static void __exit __drv##_exit(void)               \
	{                                                   \
		__unregister(&(__drv), ##__VA_ARGS__);      \
	}                                                   \
	module_exit(__drv##_exit)

#endif /* _LINUX_DEVICE_DRIVER_H */
