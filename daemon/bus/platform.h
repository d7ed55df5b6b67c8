/* SPDX-License-Identifier: MIT */
/*
 * Platform devices (<linux/platform_device.h>) as those who configure them see
 * it.
 *
 * Stage: in-band.
 */
#pragma once

#include "bus/firmware.h"

#include <linux/ioport.h>

/* A device to be made. All of it is copied. */
struct platform_order {
	const char *name;
	const char *driver; /* which is to have it; NULL: who is for it */
	const struct resource *resources;
	unsigned int nr_resources;
	const struct firmware_property *props;
	unsigned int nr_props;
};

/* Once, at start: what drivers leave behind of it is taken back. */
void platform_init(void);
/* Make it. From a fiber. 0, or as platform_device_register_full(). */
int platform_configure(const struct platform_order *order);
/* Tell in the log of those which no driver has. */
void platform_report(void);
/* Those of the configuration are in another process: drivers which look for any
 * here are told of in the log. */
void platform_devices_are_elsewhere(void);
