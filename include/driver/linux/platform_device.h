/* SPDX-License-Identifier: MIT */
/*
 * Devices which are simply there, and their drivers. Here they are there since
 * somebody wrote so: in the configuration of evl-cused (see evl-cused.conf(5)), or
 * a driver which calls platform_device_register().
 *
 * A driver is for a device that is configured to have it ("driver"), else one of
 * whose "compatible" strings is in its of_match_table, else whose name is in its
 * id_table or its own. Its probe function is called when both are there, whichever
 * came first: in-band, on a fiber. While what it needs is missing, as a GPIO chip,
 * it returns -EPROBE_DEFER, and is called again when another device has been
 * probed or a GPIO chip came.
 *
 * Source: driver-api 5.2, 5.4; as in Linux 6.6
 */
#ifndef _LINUX_PLATFORM_DEVICE_H
#define _LINUX_PLATFORM_DEVICE_H

#include <linux/device.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/property.h>

#define PLATFORM_DEVID_NONE (-1) /* "name" */
#define PLATFORM_DEVID_AUTO (-2) /* "name.N.auto" */

struct platform_device {
	const char *name;
	int id; /* "name.ID", or one of the above */
	bool id_auto;
	struct device dev;
	u32 num_resources;
	struct resource *resource;
	const struct platform_device_id *id_entry; /* by which it was matched */
	const char *driver_override; /* no driver of another name */
	/* The core's own: */
	struct list_head link;
	u64 serial;
	struct mutex lock; /* while it is probed or removed */
	bool waits;	   /* to be probed again */
};

struct platform_driver {
	int (*probe)(struct platform_device *pdev);
	/*
	 * int or void remove(struct platform_device *pdev): kernels differ, and
	 * what it returns is of no interest.
	 */
	const void *remove;
	void (*remove_new)(struct platform_device *pdev); /* in its stead */
	void (*shutdown)(struct platform_device *pdev);	  /* never called */
	struct device_driver driver;
	const struct platform_device_id *id_table;
	bool prevent_deferred_probe;
};

extern const struct bus_type platform_bus_type;

#define to_platform_device(x)	     container_of((x), struct platform_device, dev)
#define to_platform_driver(x)	     container_of((x), struct platform_driver, driver)
#define dev_is_platform(dev)	     ((dev)->bus == &platform_bus_type)
#define platform_get_device_id(pdev) ((pdev)->id_entry)

static inline void *platform_get_drvdata(const struct platform_device *pdev)
{
	return dev_get_drvdata(&pdev->dev);
}

static inline void platform_set_drvdata(struct platform_device *pdev,
					void *data)
{
	dev_set_drvdata(&pdev->dev, data);
}

/*
 * Drivers.
 */

/**
 * platform_driver_register() - have a driver probe the devices it is for
 * @drv:	the driver, with driver.name
 *
 * Those which are there now, and those which come. What a probe function fails
 * with is told in the log.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: as its probe function.
 *
 * Return: 0, or
 *   -EINVAL	it has no name
 *   -EBUSY	there is one of that name
 */
#define platform_driver_register(drv) \
	__platform_driver_register(drv, THIS_MODULE)
int __platform_driver_register(struct platform_driver *drv,
			       struct module *owner);

/**
 * platform_driver_unregister() - the reverse
 * @drv:	the driver
 *
 * Its remove function is called for each device that is bound to it, and then
 * what such a device owns (devm_*) is given back.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: as its remove function.
 */
void platform_driver_unregister(struct platform_driver *drv);

/**
 * platform_driver_probe() - register a driver if there is something for it
 * @drv:	the driver
 * @probe:	its probe function, which cannot ask for later
 *
 * Stage:  in-band, from a fiber.
 * Blocks: as @probe.
 *
 * Return: as platform_driver_register(), or
 *   -ENODEV	no device was bound to it
 */
#define platform_driver_probe(drv, probe) \
	__platform_driver_probe(drv, probe, THIS_MODULE)
int __platform_driver_probe(struct platform_driver *drv,
			    int (*probe)(struct platform_device *pdev),
			    struct module *owner);

/* Several at once; all or none. */
#define platform_register_drivers(drivers, count) \
	__platform_register_drivers(drivers, count, THIS_MODULE)
int __platform_register_drivers(struct platform_driver *const *drivers,
				unsigned int count, struct module *owner);
void platform_unregister_drivers(struct platform_driver *const *drivers,
				 unsigned int count);

/* A driver that does nothing else when it is loaded and unloaded. */
#define module_platform_driver(drv) \
	module_driver(drv, platform_driver_register, platform_driver_unregister)
#define builtin_platform_driver(drv) module_platform_driver(drv)
#define module_platform_driver_probe(drv, probe)             \
	static int __init drv##_init(void)                   \
	{                                                    \
		return platform_driver_probe(&(drv), probe); \
	}                                                    \
	module_init(drv##_init);                             \
	static void __exit drv##_exit(void)                  \
	{                                                    \
		platform_driver_unregister(&(drv));          \
	}                                                    \
	module_exit(drv##_exit)

/*
 * What a device has.
 */

/**
 * platform_get_resource() - one of a device's resources
 * @pdev:	the device
 * @type:	IORESOURCE_MEM or IORESOURCE_IRQ
 * @num:	which one of that type, from 0
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: the resource, or NULL
 */
struct resource *platform_get_resource(struct platform_device *pdev,
				       unsigned int type, unsigned int num);
/* By its name, which "reg-names" or "interrupt-names" gives it. */
struct resource *platform_get_resource_byname(struct platform_device *pdev,
					      unsigned int type,
					      const char *name);

/**
 * platform_get_irq() - the number of one of a device's interrupts
 * @pdev:	the device
 * @num:	which one, from 0
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the number, never 0, or, told in the log,
 *   -ENXIO	it has none such
 *   -EINVAL	its number is 0
 */
int platform_get_irq(struct platform_device *pdev, unsigned int num);
/* The same, not told in the log. */
int platform_get_irq_optional(struct platform_device *pdev, unsigned int num);
/* By its name. */
int platform_get_irq_byname(struct platform_device *pdev, const char *name);
int platform_get_irq_byname_optional(struct platform_device *pdev,
				     const char *name);
/* How many there are. */
int platform_irq_count(struct platform_device *pdev);

/**
 * devm_platform_ioremap_resource() - claim some of a device's registers and
 *				      reach them
 * @pdev:	the device, which owns that
 * @index:	which ones, from 0
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: where they are, or an ERR_PTR() as devm_ioremap_resource(): of -EINVAL
 *	   if it has none such
 */
void __iomem *devm_platform_ioremap_resource(struct platform_device *pdev,
					     unsigned int index);
void __iomem *
devm_platform_ioremap_resource_byname(struct platform_device *pdev,
				      const char *name);
/* The same, and *@res is the resource, unless @res is NULL. */
void __iomem *
devm_platform_get_and_ioremap_resource(struct platform_device *pdev,
				       unsigned int index,
				       struct resource **res);

/*
 * Devices of a driver's own making.
 */

struct platform_device_info {
	struct device *parent;
	struct device_node *of_node;
	const char *name;
	int id;
	const struct resource *res;
	unsigned int num_res;
	const void *data; /* copied, for dev_get_platdata() */
	size_t size_data;
};

/**
 * platform_device_register_full() - make a device
 * @info:	what it is, copied
 *
 * Stage:  in-band, from a fiber.
 * Blocks: as the probe function of a driver that is for it.
 *
 * Return: the device, for platform_device_unregister(), or an ERR_PTR() of
 *   -EEXIST	there is one of that name
 *   -EBUSY	another one has some of its registers
 *   -EINVAL	it has no name, or registers which cannot be
 *   -ENOMEM
 */
struct platform_device *
platform_device_register_full(const struct platform_device_info *info);

static inline struct platform_device *
platform_device_register_resndata(struct device *parent, const char *name,
				  int id, const struct resource *res,
				  unsigned int num, const void *data,
				  size_t size)
{
	const struct platform_device_info info = {
		.parent = parent,
		.name = name,
		.id = id,
		.res = res,
		.num_res = num,
		.data = data,
		.size_data = size,
	};

	return platform_device_register_full(&info);
}

static inline struct platform_device *
platform_device_register_simple(const char *name, int id,
				const struct resource *res, unsigned int num)
{
	return platform_device_register_resndata(NULL, name, id, res, num, NULL,
						 0);
}

static inline struct platform_device *
platform_device_register_data(struct device *parent, const char *name, int id,
			      const void *data, size_t size)
{
	return platform_device_register_resndata(parent, name, id, NULL, 0,
						 data, size);
}

/* The same step by step. NULL: no memory; platform_device_put() what was not
 * added. In-band, do not block. */
struct platform_device *platform_device_alloc(const char *name, int id);
int platform_device_add_resources(struct platform_device *pdev,
				  const struct resource *res, unsigned int num);
int platform_device_add_data(struct platform_device *pdev, const void *data,
			     size_t size);
/* 0 or an error, and blocks, as platform_device_register_full(). */
int platform_device_add(struct platform_device *pdev);
/* Unbind it from its driver and hide it. In-band, from a fiber; blocks as the
 * driver's remove function. */
void platform_device_del(struct platform_device *pdev);
void platform_device_put(struct platform_device *pdev);

/* One of the driver's own memory, zero-filled but for what it is, with a
 * dev.release. As platform_device_add(). */
int platform_device_register(struct platform_device *pdev);
/* platform_device_del() and platform_device_put(); NULL and ERR_PTR()s do
 * nothing. */
void platform_device_unregister(struct platform_device *pdev);

#endif /* _LINUX_PLATFORM_DEVICE_H */
