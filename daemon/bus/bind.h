/* SPDX-License-Identifier: MIT */
/*
 * Which platform driver has which platform device: when both are there, the
 * driver's probe function is called, and again later where it asks for that.
 *
 * A device is probed and removed with its ->lock held. What is walked is walked
 * by serial numbers, as probe functions sleep and the lists change meanwhile.
 *
 * Stage: in-band, from a fiber.
 */
#pragma once

#include <linux/platform_device.h>

/* @pdev is there from now on: some driver may have it. Blocks as its probe
 * function. */
void bind_add(struct platform_device *pdev);
/* It is not any more; it was unbound. Blocks as the driver's remove function. */
void bind_remove(struct platform_device *pdev);
/* The one after @pdev; NULL: the first one, and after the last. */
struct platform_device *bind_next(const struct platform_device *pdev);

/*
 * Who knows of devices which are another process's, too: a higher layer, which
 * registers. One is probed here only once it was taken.
 */
struct bind_keeper {
	/* 0; -errno: it is not to be had. Blocks. */
	int (*take)(struct platform_device *pdev);
	/* No driver has it here any more. Does not block. */
	void (*give_back)(struct platform_device *pdev);
};
void bind_set_keeper(const struct bind_keeper *keeper);

/* The other side: @pdev, which no driver may have, is @drv's, which is in another
 * process and probes it there. 0, or -EBUSY. Blocks as whoever probes it now. */
int bind_lend(struct platform_device *pdev, struct device_driver *drv);
/* If @drv has it, nobody has. Does not block. */
void bind_return(struct platform_device *pdev, const struct device_driver *drv);

/* Something came which devices may have waited for. Does not block. */
void bind_retry(void);

/* Drivers of @mod's which it did not unregister: their remove functions are not
 * called, as its exit function has run. Returns how many. */
unsigned int bind_forget(struct module *mod);
