/* SPDX-License-Identifier: MIT */
/* Where the node of a device belongs below /dev: its name, or what its class says. */
#pragma once

#include <linux/types.h>
#include <stddef.h>

struct device;

/* The path, in @path; the class may set *@mode. In-band. -ENAMETOOLONG. */
int device_path(const struct device *dev, char *path, size_t size,
		umode_t *mode);

/* Tell the log why the node of @driver's there could not be shown: -errno. */
void device_path_refused(const char *path, const char *driver, int error);
