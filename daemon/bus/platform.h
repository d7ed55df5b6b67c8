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
#include <stdbool.h>

struct platform_device;

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
/* Those of the configuration are another process's: made here, they have no
 * registers but what mmio_supply() gives them, and there is a keeper of theirs
 * (bind.h). */
void platform_devices_are_elsewhere(void);
/* The one which was configured so; NULL: there is none. */
struct platform_device *platform_configured(const char *name);
bool platform_is_configured(struct platform_device *pdev);
