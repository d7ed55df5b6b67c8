/* SPDX-License-Identifier: MIT */
/*
 * What was configured of one device: the struct device_node which drivers see,
 * and its properties. Made and freed in-band, never changed; read on any stage.
 */
#pragma once

#include <linux/of.h>

/* "name = value", as it was written. */
struct firmware_property {
	char *name;
	char *value;
};

/* A copy of @props for the device @name. -ENOMEM. */
int firmware_new(const char *name, const struct firmware_property *props,
		 unsigned int nr, struct device_node **r_np);
/* Takes NULL; always returns NULL. */
struct device_node *firmware_free(struct device_node *np);

/* The value as it was written, NULL: there is no such property. */
const char *firmware_value(const struct device_node *np, const char *name);
/* Its @n'th string, NULL: there are not so many. */
const char *firmware_string(const struct device_node *np, const char *name,
			    unsigned int n);
