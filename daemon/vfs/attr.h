/* SPDX-License-Identifier: MIT */
/*
 * Attributes of classes and devices (<linux/sysfs.h>), each of them a node with
 * operations of ours: evl/sys/class/CLASS/[DEVICE/][GROUP/]ATTRIBUTE. That way
 * both fronts have them, the kernel checks who may open them, and their
 * functions run on fibers as all handlers do.
 *
 * Stage: in-band.
 */
#pragma once

struct attribute_group;
struct class;
struct device;
struct module;

/*
 * Show those of @groups (up to a NULL; may be NULL itself), of @dev or, if that
 * is NULL, of @class. All or none. From a fiber. Blocks: until they can be
 * opened. 0, or node_add()'s error.
 */
int attr_add_groups(const struct class *class, struct device *dev,
		    const struct attribute_group **groups);
/* All of @dev or, if that is NULL, of @class itself are gone. From a fiber it
 * waits until nobody else is in their functions. */
void attr_remove_all(const struct class *class, const struct device *dev);

/* Remove what is left of @mod's. Returns how many. */
unsigned int attr_drop(struct module *mod);
