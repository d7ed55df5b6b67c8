/* SPDX-License-Identifier: MIT */
#include "vfs/devres.h"

#include "kapi/export.h"
#include "stage/call.h"

#include <errno.h>
#include <linux/container_of.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <stdalign.h>
#include <stddef.h>

struct devres {
	struct list_head link; /* dev->devres, the latest first */
	dr_release_t release;
	alignas(max_align_t) char data[]; /* the driver's */
};

static struct devres *devres_of(void *res)
{
	return container_of(res, struct devres, data);
}

EXPORT void *devres_alloc(dr_release_t release, size_t size, gfp_t gfp)
{
	struct devres *dr;

	if (size > SIZE_MAX - sizeof(*dr))
		return NULL;
	dr = kzalloc(sizeof(*dr) + size, gfp);
	if (dr == NULL)
		return NULL;

	INIT_LIST_HEAD(&dr->link);
	dr->release = release;

	return dr->data;
}

EXPORT void devres_free(void *res)
{
	if (res)
		kfree(devres_of(res));
}

EXPORT void devres_add(struct device *dev, void *res)
{
	list_add(&devres_of(res)->link, &dev->devres);
}

static struct devres *find(struct device *dev, dr_release_t release,
			   dr_match_t match, void *match_data)
{
	struct devres *dr;

	list_for_each_entry(dr, &dev->devres, link)
		if (dr->release == release &&
		    (match == NULL || match(dev, dr->data, match_data)))
			return dr;

	return NULL;
}

EXPORT void *devres_find(struct device *dev, dr_release_t release,
			 dr_match_t match, void *match_data)
{
	struct devres *dr = find(dev, release, match, match_data);

	return dr ? dr->data : NULL;
}

EXPORT void *devres_remove(struct device *dev, dr_release_t release,
			   dr_match_t match, void *match_data)
{
	struct devres *dr = find(dev, release, match, match_data);

	if (dr == NULL)
		return NULL;
	list_del_init(&dr->link);

	return dr->data;
}

EXPORT int devres_destroy(struct device *dev, dr_release_t release,
			  dr_match_t match, void *match_data)
{
	void *res = devres_remove(dev, release, match, match_data);

	devres_free(res);

	return res ? 0 : -ENOENT;
}

static void call_release(struct device *dev, dr_release_t release, void *res)
{
	struct stage_call call = {
		.what = "devres release of",
		.name = dev_name(dev),
		.func = (const void *)release,
	};

	stage_call_begin(&call);
	release(dev, res);
	stage_call_end(&call);
}

EXPORT int devres_release(struct device *dev, dr_release_t release,
			  dr_match_t match, void *match_data)
{
	void *res = devres_remove(dev, release, match, match_data);

	if (res == NULL)
		return -ENOENT;
	call_release(dev, release, res);
	devres_free(res);

	return 0;
}

/* A release function may sleep, and add or remove others. */
void devres_release_all(struct device *dev)
{
	struct devres *dr;

	while (!list_empty(&dev->devres)) {
		dr = list_first_entry(&dev->devres, struct devres, link);
		list_del_init(&dr->link);
		call_release(dev, dr->release, dr->data);
		kfree(dr);
	}
}

/*
 * Functions.
 */

struct action {
	void (*func)(void *data);
	void *data;
};

static void release_action(struct device *dev, void *res)
{
	const struct action *action = res;
	struct stage_call call = {
		.what = "devm action of",
		.name = dev_name(dev),
		.func = (const void *)action->func,
	};

	stage_call_begin(&call);
	action->func(action->data);
	stage_call_end(&call);
}

static int is_action(struct device *dev, void *res, void *match_data)
{
	const struct action *action = res, *wanted = match_data;

	return action->func == wanted->func && action->data == wanted->data;
}

EXPORT int devm_add_action(struct device *dev, void (*action)(void *data),
			   void *data)
{
	struct action *res =
		devres_alloc(release_action, sizeof(*res), GFP_KERNEL);

	if (res == NULL)
		return -ENOMEM;

	*res = (struct action){ .func = action, .data = data };
	devres_add(dev, res);

	return 0;
}

EXPORT int devm_add_action_or_reset(struct device *dev,
				    void (*action)(void *data), void *data)
{
	int ret = devm_add_action(dev, action, data);

	if (ret)
		action(data);

	return ret;
}

EXPORT void devm_remove_action(struct device *dev, void (*action)(void *data),
			       void *data)
{
	struct action wanted = { .func = action, .data = data };

	if (devres_destroy(dev, release_action, is_action, &wanted))
		dev_warn(dev, "devm_remove_action() of what was not added\n");
}

EXPORT void devm_release_action(struct device *dev, void (*action)(void *data),
				void *data)
{
	struct action wanted = { .func = action, .data = data };

	if (devres_release(dev, release_action, is_action, &wanted))
		dev_warn(dev, "devm_release_action() of what was not added\n");
}
