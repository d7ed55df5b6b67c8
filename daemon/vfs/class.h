/* SPDX-License-Identifier: MIT */
/*
 * Devices and their nodes. A device whose number belongs to a cdev has a node,
 * whichever of the two came first.
 *
 * Stage: in-band.
 */
#pragma once

#include <linux/types.h>

struct attribute_group;
struct class;
struct device;
struct module;

/*
 * A cdev of @count numbers from @dev on appeared: make the nodes it was missing
 * for. From a fiber. Blocks: until they can be opened. 0 or node_add()'s error,
 * and then there is none.
 */
int class_show_nodes(__kernel_dev_t dev, unsigned int count);
/* It is gone: so are the nodes. */
void class_hide_nodes(__kernel_dev_t dev, unsigned int count);

/* device_create() on behalf of @owner. */
struct device *class_add_device(const struct class *class, struct module *owner,
				struct device *parent, __kernel_dev_t devt,
				void *data,
				const struct attribute_group **groups,
				const char *name);

/* Remove every device of @mod's. Returns how many. */
unsigned int class_drop_devices(struct module *mod);
