/* SPDX-License-Identifier: MIT */
/* What devices own (<linux/device/devres.h>), as who ends them sees it. */
#pragma once

struct device;

/* Give all of it back, the last thing first. In-band, from a fiber. */
void devres_release_all(struct device *dev);
