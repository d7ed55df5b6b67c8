/* SPDX-License-Identifier: MIT */
#pragma once

#include <stdbool.h>

/* Show what the driver in file @path says of itself, as modinfo(8) does of a
 * kernel module. 0, -errno, or -ENOEXEC: it is no driver. */
int driver_info_show(const char *path, bool json);
