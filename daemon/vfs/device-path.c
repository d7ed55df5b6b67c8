/* SPDX-License-Identifier: MIT */
#include "vfs/device-path.h"

#include "base/log.h"
#include "stage/call.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/slab.h>
#include <stdio.h>
#include <string.h>

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

void device_path_refused(const char *path, const char *driver, int error)
{
	const char *why = strerrordesc_np(-error);

	if (error == -EINVAL)
		why = "a part of it is empty, begins with a dot or is no text";
	else if (error == -EEXIST)
		why = "there is one, or a directory, of that name";
	else if (error == -ENOTDIR)
		why = "a part of it is a node, and no directory";

	log_err("driver %s: no node '%s': %s: give it another name, or do "
		"without",
		driver, path, why);
}
