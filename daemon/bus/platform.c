/* SPDX-License-Identifier: MIT */
/* The life of platform devices, and their drivers' registration. */
#include "bus/platform.h"

#include "base/log.h"
#include "bus/bind.h"
#include "kapi/export.h"
#include "kapi/mmio.h"
#include "vfs/devres.h"
#include "vfs/leftover.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/err.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <stdlib.h>
#include <string.h>

/* One of ours. */
struct platform_object {
	struct platform_device pdev;
	struct device_node *np; /* owned; what it shows may be another's */
	char *driver_override;	/* owned */
	char name[];
};

static struct platform_object *object_of(struct platform_device *pdev)
{
	return container_of(pdev, struct platform_object, pdev);
}

static void release_object(struct device *dev)
{
	struct platform_device *pdev = to_platform_device(dev);
	struct platform_object *po = object_of(pdev);

	firmware_free(po->np);
	kfree(dev->platform_data);
	kfree(pdev->resource);
	free(po->driver_override);
	kfree(po);
}

static void initialize(struct platform_device *pdev)
{
	device_initialize(&pdev->dev);
	INIT_LIST_HEAD(&pdev->link);
	pdev->dev.bus = &platform_bus_type;
}

/* Whose it is, where that is not who runs: the driver which has @caller. */
static void note_owner(struct platform_device *pdev, const void *caller)
{
	if (pdev->dev.owner == NULL)
		pdev->dev.owner = module_at(caller);
}

#define CALLER __builtin_return_address(0)

EXPORT struct platform_device *platform_device_alloc(const char *name, int id)
{
	size_t size = strlen(name) + 1;
	struct platform_object *po = kzalloc(sizeof(*po) + size, GFP_KERNEL);

	if (po == NULL)
		return NULL;

	memcpy(po->name, name, size);
	po->pdev.name = po->name;
	po->pdev.id = id;
	initialize(&po->pdev);
	po->pdev.dev.release = release_object;

	return &po->pdev;
}

EXPORT int platform_device_add_resources(struct platform_device *pdev,
					 const struct resource *res,
					 unsigned int num)
{
	struct resource *copy = NULL;

	if (num) {
		copy = kmemdup(res, num * sizeof(*res), GFP_KERNEL);
		if (copy == NULL)
			return -ENOMEM;
	}
	kfree(pdev->resource);
	pdev->resource = copy;
	pdev->num_resources = num;

	return 0;
}

EXPORT int platform_device_add_data(struct platform_device *pdev,
				    const void *data, size_t size)
{
	void *copy = NULL;

	if (data) {
		copy = kmemdup(data, size, GFP_KERNEL);
		if (copy == NULL)
			return -ENOMEM;
	}
	kfree(pdev->dev.platform_data);
	pdev->dev.platform_data = copy;

	return 0;
}

static int set_name(struct platform_device *pdev)
{
	static int last_id;

	switch (pdev->id) {
	case PLATFORM_DEVID_NONE:
		return dev_set_name(&pdev->dev, "%s", pdev->name);
	case PLATFORM_DEVID_AUTO:
		pdev->id = last_id++;
		pdev->id_auto = true;
		return dev_set_name(&pdev->dev, "%s.%d.auto", pdev->name,
				    pdev->id);
	default:
		return dev_set_name(&pdev->dev, "%s.%d", pdev->name, pdev->id);
	}
}

static bool devices_are_elsewhere;

void platform_devices_are_elsewhere(void)
{
	devices_are_elsewhere = true;
}

bool platform_is_configured(struct platform_device *pdev)
{
	return pdev->dev.release == release_object && object_of(pdev)->np;
}

/* The registers of the first @nr of its resources. */
static void remove_registers(const struct platform_device *pdev,
			     unsigned int nr)
{
	while (nr--)
		if (resource_type(&pdev->resource[nr]) == IORESOURCE_MEM)
			mmio_remove(pdev->resource[nr].start);
}

static int add_registers(struct platform_device *pdev)
{
	bool elsewhere = devices_are_elsewhere && platform_is_configured(pdev);
	struct resource *res;
	int ret;

	for (unsigned int i = 0; i < pdev->num_resources; i++) {
		res = &pdev->resource[i];
		if (res->name == NULL)
			res->name = dev_name(&pdev->dev);
		if (resource_type(res) != IORESOURCE_MEM)
			continue;
		ret = elsewhere ? mmio_reserve(res->start, resource_size(res))
				: mmio_add(res->start, resource_size(res));
		if (ret) {
			remove_registers(pdev, i);
			return ret;
		}
	}

	return 0;
}

static int add(struct platform_device *pdev)
{
	int ret;

	if (pdev->name == NULL || pdev->name[0] == '\0' ||
	    strchr(pdev->name, '/'))
		return -EINVAL;

	ret = set_name(pdev);
	if (ret)
		return ret;
	ret = add_registers(pdev);
	if (ret)
		return ret;
	ret = device_add(&pdev->dev);
	if (ret) {
		remove_registers(pdev, pdev->num_resources);
		return ret;
	}
	bind_add(pdev);

	return 0;
}

EXPORT int platform_device_add(struct platform_device *pdev)
{
	note_owner(pdev, CALLER);

	return add(pdev);
}

EXPORT void platform_device_del(struct platform_device *pdev)
{
	if (IS_ERR_OR_NULL(pdev) || list_empty(&pdev->link))
		return;

	bind_remove(pdev);
	remove_registers(pdev, pdev->num_resources);
	device_del(&pdev->dev);
}

EXPORT void platform_device_put(struct platform_device *pdev)
{
	if (!IS_ERR_OR_NULL(pdev))
		put_device(&pdev->dev);
}

EXPORT int platform_device_register(struct platform_device *pdev)
{
	/* Of an earlier time, it may be. */
	pdev->dev.name = NULL;
	initialize(pdev);
	note_owner(pdev, CALLER);

	return add(pdev);
}

EXPORT void platform_device_unregister(struct platform_device *pdev)
{
	platform_device_del(pdev);
	platform_device_put(pdev);
}

EXPORT struct platform_device *
platform_device_register_full(const struct platform_device_info *info)
{
	struct platform_device *pdev;
	int ret;

	if (info->name == NULL)
		return ERR_PTR(-EINVAL);
	pdev = platform_device_alloc(info->name, info->id);
	if (pdev == NULL)
		return ERR_PTR(-ENOMEM);

	note_owner(pdev, CALLER);
	pdev->dev.parent = info->parent;
	pdev->dev.of_node = info->of_node;
	ret = platform_device_add_resources(pdev, info->res, info->num_res);
	if (ret == 0)
		ret = platform_device_add_data(pdev, info->data,
					       info->size_data);
	if (ret == 0)
		ret = add(pdev);
	if (ret) {
		platform_device_put(pdev);
		return ERR_PTR(ret);
	}

	return pdev;
}

/*
 * Drivers.
 */

EXPORT int __platform_driver_register(struct platform_driver *drv,
				      struct module *owner)
{
	drv->driver.owner = owner;
	drv->driver.bus = &platform_bus_type;

	return driver_register(&drv->driver);
}

EXPORT void platform_driver_unregister(struct platform_driver *drv)
{
	driver_unregister(&drv->driver);
}

EXPORT int __platform_driver_probe(struct platform_driver *drv,
				   int (*probe)(struct platform_device *pdev),
				   struct module *owner)
{
	const struct platform_device *pdev;
	int ret;

	drv->probe = probe;
	drv->prevent_deferred_probe = true;
	ret = __platform_driver_register(drv, owner);
	if (ret)
		return ret;

	for (pdev = bind_next(NULL); pdev; pdev = bind_next(pdev))
		if (pdev->dev.driver == &drv->driver)
			return 0;
	platform_driver_unregister(drv);

	return -ENODEV;
}

EXPORT int __platform_register_drivers(struct platform_driver *const *drivers,
				       unsigned int count, struct module *owner)
{
	int ret;

	for (unsigned int i = 0; i < count; i++) {
		ret = __platform_driver_register(drivers[i], owner);
		if (ret) {
			platform_unregister_drivers(drivers, i);
			return ret;
		}
	}

	return 0;
}

EXPORT void platform_unregister_drivers(struct platform_driver *const *drivers,
					unsigned int count)
{
	while (count--)
		platform_driver_unregister(drivers[count]);
}

/*
 * Those which were configured.
 */

/* "servo.3" is the third servo. */
static struct platform_device *alloc_named(const char *whole)
{
	const char *dot = strrchr(whole, '.');
	struct platform_device *pdev;
	char *name, *end;
	long id;

	if (dot == NULL || dot[1] < '0' || dot[1] > '9')
		return platform_device_alloc(whole, PLATFORM_DEVID_NONE);
	id = strtol(dot + 1, &end, 10);
	if (*end || id > 9999 || (dot[1] == '0' && dot[2]))
		return platform_device_alloc(whole, PLATFORM_DEVID_NONE);

	name = strndup(whole, (size_t)(dot - whole));
	pdev = name ? platform_device_alloc(name, (int)id) : NULL;
	free(name);

	return pdev;
}

/* From "reg-names" and "interrupt-names". */
static void name_resources(struct platform_device *pdev)
{
	const struct device_node *np = pdev->dev.of_node;
	unsigned int nr_regs = 0, nr_irqs = 0;
	struct resource *res;

	for (unsigned int i = 0; i < pdev->num_resources; i++) {
		res = &pdev->resource[i];
		if (resource_type(res) == IORESOURCE_MEM)
			res->name = firmware_string(np, "reg-names", nr_regs++);
		else
			res->name = firmware_string(np, "interrupt-names",
						    nr_irqs++);
	}
}

static int fill(struct platform_device *pdev,
		const struct platform_order *order)
{
	struct platform_object *po = object_of(pdev);
	int ret;

	ret = firmware_new(order->name, order->props, order->nr_props, &po->np);
	if (ret)
		return ret;
	pdev->dev.of_node = po->np;
	if (order->driver) {
		po->driver_override = strdup(order->driver);
		if (po->driver_override == NULL)
			return -ENOMEM;
		pdev->driver_override = po->driver_override;
	}
	ret = platform_device_add_resources(pdev, order->resources,
					    order->nr_resources);
	if (ret == 0)
		name_resources(pdev);

	return ret;
}

int platform_configure(const struct platform_order *order)
{
	struct platform_device *pdev = alloc_named(order->name);
	int ret;

	if (pdev == NULL)
		return -ENOMEM;

	pdev->dev.owner = NULL;
	ret = fill(pdev, order);
	if (ret == 0)
		ret = add(pdev);
	if (ret)
		platform_device_put(pdev);

	return ret;
}

struct platform_device *platform_configured(const char *name)
{
	struct platform_device *pdev;

	for (pdev = bind_next(NULL); pdev; pdev = bind_next(pdev))
		if (platform_is_configured(pdev) &&
		    strcmp(dev_name(&pdev->dev), name) == 0)
			return pdev;

	return NULL;
}

void platform_report(void)
{
	const struct platform_device *pdev;

	for (pdev = bind_next(NULL); pdev; pdev = bind_next(pdev)) {
		if (pdev->waits && devices_are_elsewhere)
			log_warn("device %s: its driver waits for something, "
				 "as a GPIO chip: one of another driver's it "
				 "cannot have: load it without isolate=yes",
				 dev_name(&pdev->dev));
		else if (devices_are_elsewhere)
			continue;
		else if (pdev->waits)
			log_info("device %s: its driver waits for something "
				 "which is not there yet, as a GPIO chip",
				 dev_name(&pdev->dev));
		else if (pdev->dev.driver == NULL)
			log_info("device %s: no driver has it: load one, or "
				 "check its name, driver = and compatible =",
				 dev_name(&pdev->dev));
	}
}

/*
 * Of a driver which goes.
 */

static struct platform_device *device_of(const struct module *mod)
{
	struct platform_device *pdev;

	for (pdev = bind_next(NULL); pdev; pdev = bind_next(pdev))
		if (pdev->dev.owner == mod)
			return pdev;

	return NULL;
}

static unsigned int drop_devices(struct module *mod)
{
	struct platform_device *pdev;
	unsigned int count = 0;

	for (; (pdev = device_of(mod)); count++) {
		/* One which the driver embeds is the driver's to put. */
		if (pdev->dev.release == release_object) {
			platform_device_unregister(pdev);
		} else {
			platform_device_del(pdev);
			devres_release_all(&pdev->dev);
		}
	}

	return count;
}

void platform_init(void)
{
	static struct leftover drivers = { .what = "platform drivers",
					   .drop = bind_forget };
	static struct leftover devices = { .what = "platform devices",
					   .drop = drop_devices };

	leftover_add(&devices);
	leftover_add(&drivers);
}
