/* SPDX-License-Identifier: MIT */
/*
 * Devices of a configuration: what [device NAME] or --device says of one. What
 * is wrong with it is told as config-value.h tells it.
 */
#pragma once

#include "bus/firmware.h"

#include <linux/ioport.h>

struct config;
struct origin;

struct config_device {
	char *name;	      /* owned, as all below */
	char *driver;	      /* which is to have it; NULL: who is for it */
	struct resource *res; /* registers and interrupts */
	unsigned int nr_res;
	struct firmware_property *props; /* all else */
	unsigned int nr_props;
};

/* The one called @name, NULL: there is none. */
struct config_device *config_find_device(struct config *config,
					 const char *name);
/* One more. */
struct config_device *config_add_device(struct config *config,
					const struct origin *origin,
					const char *name);
/* @key of it is @value, whatever it was before. */
void config_set_device(struct config *config, const struct origin *origin,
		       struct config_device *dev, const char *key,
		       const char *value);
void config_free_devices(struct config *config);
