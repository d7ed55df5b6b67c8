/* SPDX-License-Identifier: MIT */
#include "bus/bind.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/modname.h"
#include "vfs/devres.h"
#include "vfs/module.h"
#include "vfs/stay.h"

#include <errno.h>
#include <linux/sysfs.h>
#include <linux/workqueue.h>
#include <string.h>

static LIST_HEAD(devices); /* oldest first, as below */
static LIST_HEAD(drivers);
static u64 last_serial;
static const struct bind_keeper *keeper;

EXPORT const struct bus_type platform_bus_type = { .name = "platform" };

static struct platform_device *device_after(u64 serial)
{
	struct platform_device *pdev;

	list_for_each_entry(pdev, &devices, link)
		if (pdev->serial > serial)
			return pdev;

	return NULL;
}

static struct device_driver *driver_after(u64 serial)
{
	struct device_driver *drv;

	list_for_each_entry(drv, &drivers, link)
		if (drv->serial > serial)
			return drv;

	return NULL;
}

struct platform_device *bind_next(const struct platform_device *pdev)
{
	return device_after(pdev ? pdev->serial : 0);
}

/*
 * Matching.
 */

static const struct platform_device_id *
match_id(const struct platform_device_id *ids, const char *name)
{
	for (; ids && ids->name[0]; ids++)
		if (strncmp(ids->name, name, sizeof(ids->name)) == 0)
			return ids;

	return NULL;
}

static bool matches(struct platform_device *pdev,
		    const struct device_driver *drv)
{
	const struct platform_driver *pdrv = to_platform_driver(drv);

	pdev->id_entry = NULL;
	if (pdev->driver_override)
		return modname_is_same(pdev->driver_override, drv->name);
	if (of_match_node(drv->of_match_table, pdev->dev.of_node))
		return true;
	if (pdrv->id_table) {
		pdev->id_entry = match_id(pdrv->id_table, pdev->name);
		return pdev->id_entry != NULL;
	}

	return modname_is_same(pdev->name, drv->name);
}

/*
 * Binding. The device is locked.
 */

static int call_probe(void *arg)
{
	struct platform_device *pdev = arg;
	struct device_driver *drv = pdev->dev.driver;
	const struct platform_driver *pdrv = to_platform_driver(drv);

	if (drv->probe)
		return drv->probe(&pdev->dev);

	return pdrv->probe ? pdrv->probe(pdev) : 0;
}

static int call_remove(void *arg)
{
	struct platform_device *pdev = arg;
	struct device_driver *drv = pdev->dev.driver;
	const struct platform_driver *pdrv = to_platform_driver(drv);
	void (*remove)(struct platform_device * pdev);

	if (drv->remove) {
		drv->remove(&pdev->dev);
	} else if (pdrv->remove_new) {
		pdrv->remove_new(pdev);
	} else if (pdrv->remove) {
		/* With or without a result, which is left where it is. */
		*(const void **)&remove = pdrv->remove;
		remove(pdev);
	}

	return 0;
}

static int run_probe(struct platform_device *pdev)
{
	return stay_run(pdev->dev.driver->owner, "probe of",
			dev_name(&pdev->dev), call_probe, pdev);
}

static void run_remove(struct platform_device *pdev)
{
	stay_run(pdev->dev.driver->owner, "remove of", dev_name(&pdev->dev),
		 call_remove, pdev);
}

static void let_go(struct platform_device *pdev)
{
	devres_release_all(&pdev->dev);
	pdev->dev.driver = NULL;
	dev_set_drvdata(&pdev->dev, NULL);
	if (keeper)
		keeper->give_back(pdev);
}

static void unbind(struct platform_device *pdev)
{
	struct device_driver *drv = pdev->dev.driver;

	if (drv->dev_groups)
		sysfs_remove_groups(&pdev->dev.kobj, drv->dev_groups);
	run_remove(pdev);
	let_go(pdev);
}

static void explain(const struct platform_device *pdev,
		    const struct device_driver *drv, int ret)
{
	const char *name = strerrorname_np(-ret);
	const char *text = strerrordesc_np(-ret);

	if (ret == -EPROBE_DEFER)
		log_debug("device %s: driver %s waits for something it needs",
			  dev_name(&pdev->dev), drv->name);
	else
		log_warn("device %s: the probe function of driver %s failed "
			 "with %d (%s: %s): see what it wants configured",
			 dev_name(&pdev->dev), drv->name, ret,
			 name ? name : "?", text ? text : "no errno");
}

static int probe(struct platform_device *pdev, struct device_driver *drv)
{
	bool never_waits = to_platform_driver(drv)->prevent_deferred_probe;
	int ret;

	if (keeper) {
		ret = keeper->take(pdev);
		if (ret)
			return ret;
	}

	pdev->dev.driver = drv;
	ret = run_probe(pdev);
	if (ret == 0 && drv->dev_groups) {
		ret = sysfs_create_groups(&pdev->dev.kobj, drv->dev_groups);
		if (ret)
			run_remove(pdev);
	}
	if (ret == 0) {
		log_debug("device %s: bound to driver %.*s",
			  dev_name(&pdev->dev), modname_len(drv->name),
			  drv->name);
		bind_retry();
		return 0;
	}

	let_go(pdev);
	pdev->waits = ret == -EPROBE_DEFER && !never_waits;
	if (ret == -EPROBE_DEFER && never_waits)
		ret = -ENXIO;
	explain(pdev, drv, ret);

	return ret;
}

/* May @drv have @pdev? It is still there, then, and locked. */
static bool may_have(struct platform_device *pdev,
		     const struct device_driver *drv)
{
	return !list_empty(&pdev->link) && !list_empty(&drv->link) &&
	       pdev->dev.driver == NULL && matches(pdev, drv);
}

static void attach(struct platform_device *pdev)
{
	struct device_driver *drv;
	u64 serial = 0;

	mutex_lock(&pdev->lock);
	pdev->waits = false;
	while (!pdev->waits && (drv = driver_after(serial))) {
		serial = drv->serial;
		if (may_have(pdev, drv))
			probe(pdev, drv);
	}
	mutex_unlock(&pdev->lock);
}

void bind_add(struct platform_device *pdev)
{
	mutex_init(&pdev->lock);
	pdev->serial = ++last_serial;
	list_add_tail(&pdev->link, &devices);
	attach(pdev);
}

void bind_remove(struct platform_device *pdev)
{
	list_del_init(&pdev->link);
	mutex_lock(&pdev->lock);
	if (pdev->dev.driver)
		unbind(pdev);
	mutex_unlock(&pdev->lock);
}

/*
 * Those which drivers of other processes have.
 */

void bind_set_keeper(const struct bind_keeper *new_keeper)
{
	keeper = new_keeper;
}

int bind_lend(struct platform_device *pdev, struct device_driver *drv)
{
	int ret = -EBUSY;

	mutex_lock(&pdev->lock);
	if (pdev->dev.driver == NULL) {
		pdev->dev.driver = drv;
		ret = 0;
	}
	mutex_unlock(&pdev->lock);

	return ret;
}

void bind_return(struct platform_device *pdev, const struct device_driver *drv)
{
	if (pdev->dev.driver == drv)
		pdev->dev.driver = NULL;
}

/*
 * Those which wait.
 */

static void retry(struct work_struct *work)
{
	struct platform_device *pdev;

	for (u64 serial = 0; (pdev = device_after(serial));) {
		serial = pdev->serial;
		if (!pdev->waits)
			continue;
		get_device(&pdev->dev);
		attach(pdev);
		put_device(&pdev->dev);
	}
}

static DECLARE_WORK(retry_work, retry);

void bind_retry(void)
{
	const struct platform_device *pdev;

	list_for_each_entry(pdev, &devices, link) {
		if (pdev->waits) {
			schedule_work(&retry_work);
			return;
		}
	}
}

/*
 * Drivers.
 */

static bool is_taken(const char *name)
{
	const struct device_driver *other;

	list_for_each_entry(other, &drivers, link)
		if (modname_is_same(other->name, name))
			return true;

	return false;
}

EXPORT int driver_register(struct device_driver *drv)
{
	struct platform_device *pdev;

	if (drv->name == NULL || drv->bus != &platform_bus_type)
		return -EINVAL;
	if (is_taken(drv->name))
		return -EBUSY;

	if (drv->owner == NULL)
		drv->owner = module_at(drv);
	drv->serial = ++last_serial;
	list_add_tail(&drv->link, &drivers);

	for (u64 serial = 0; (pdev = device_after(serial));) {
		serial = pdev->serial;
		get_device(&pdev->dev);
		mutex_lock(&pdev->lock);
		if (may_have(pdev, drv))
			probe(pdev, drv);
		mutex_unlock(&pdev->lock);
		put_device(&pdev->dev);
	}

	return 0;
}

/* Take all devices from @drv, which is in no list any more. */
static void take_devices(const struct device_driver *drv,
			 void (*take)(struct platform_device *pdev))
{
	struct platform_device *pdev;

	for (u64 serial = 0; (pdev = device_after(serial));) {
		serial = pdev->serial;
		get_device(&pdev->dev);
		/* It may be just being probed. */
		if (pdev->dev.driver == drv) {
			mutex_lock(&pdev->lock);
			if (pdev->dev.driver == drv)
				take(pdev);
			mutex_unlock(&pdev->lock);
		}
		put_device(&pdev->dev);
	}
}

static bool is_registered(const struct device_driver *drv)
{
	return drv->link.next && !list_empty(&drv->link);
}

EXPORT void driver_unregister(struct device_driver *drv)
{
	if (!is_registered(drv))
		return;

	list_del_init(&drv->link);
	take_devices(drv, unbind);
}

static struct device_driver *driver_of(const struct module *mod)
{
	struct device_driver *drv;

	list_for_each_entry(drv, &drivers, link)
		if (drv->owner == mod)
			return drv;

	return NULL;
}

static void forget(struct platform_device *pdev)
{
	const struct device_driver *drv = pdev->dev.driver;

	if (drv->dev_groups)
		sysfs_remove_groups(&pdev->dev.kobj, drv->dev_groups);
	let_go(pdev);
}

unsigned int bind_forget(struct module *mod)
{
	struct device_driver *drv;
	unsigned int count = 0;

	for (; (drv = driver_of(mod)); count++) {
		list_del_init(&drv->link);
		take_devices(drv, forget);
	}

	return count;
}
