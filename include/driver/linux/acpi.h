/* SPDX-License-Identifier: MIT */
/* A kernel without ACPI has no more than this.
 * Source: driver-api 5.4 */
#ifndef _LINUX_ACPI_H
#define _LINUX_ACPI_H

#include <linux/mod_devicetable.h>
#include <stdbool.h>
#include <stddef.h>

struct device;

#define ACPI_PTR(table) (NULL)

static inline bool has_acpi_companion(const struct device *dev)
{
	(void)dev;

	return false;
}

static inline const struct acpi_device_id *
acpi_match_device(const struct acpi_device_id *ids, const struct device *dev)
{
	(void)ids;
	(void)dev;

	return NULL;
}

#endif /* _LINUX_ACPI_H */
