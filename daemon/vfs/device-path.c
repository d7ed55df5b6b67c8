/* SPDX-License-Identifier: MIT */
#include "vfs/device-path.h"

#include "stage/call.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <stdio.h>

static char *call_devnode(const struct device *dev, umode_t *mode)
{
	struct stage_call call = {
		.what = "devnode of",
		.name = dev_name(dev),
		.func = (const void *)dev->class->devnode,
	};
	char *name;

	stage_call_begin(&call);
	name = dev->class->devnode(dev, mode);
	stage_call_end(&call);

	return name;
}

int device_path(const struct device *dev, char *path, size_t size,
		umode_t *mode)
{
	char *name = NULL;
	int len;

	if (dev->class && dev->class->devnode)
		name = call_devnode(dev, mode);
	len = snprintf(path, size, "%s", name ? name : dev_name(dev));
	kfree(name);
	if ((size_t)len >= size)
		return -ENAMETOOLONG;

	/* A device's name cannot contain a slash, and wants to. */
	for (char *c = path; *c; c++)
		if (*c == '!')
			*c = '/';

	return 0;
}
