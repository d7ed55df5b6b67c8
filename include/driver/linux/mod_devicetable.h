/* SPDX-License-Identifier: MIT */
/* Which devices a driver is for.
 * Source: driver-api 5.4; as in Linux 6.6 */
#ifndef _LINUX_MOD_DEVICETABLE_H
#define _LINUX_MOD_DEVICETABLE_H

#include <linux/types.h>

typedef unsigned long kernel_ulong_t;

/* By what is configured as "compatible"; the last one is empty. */
struct of_device_id {
	char name[32]; /* of the device; "": any */
	char type[32]; /* means nothing here */
	char compatible[128];
	const void *data; /* for of_device_get_match_data() */
};

/* By the device's name; the last one is empty. */
#define PLATFORM_NAME_SIZE 20
struct platform_device_id {
	char name[PLATFORM_NAME_SIZE];
	kernel_ulong_t driver_data;
};

/* There is no such firmware here. */
#define ACPI_ID_LEN 16
struct acpi_device_id {
	u8 id[ACPI_ID_LEN];
	kernel_ulong_t driver_data;
	u32 cls;
	u32 cls_msk;
};

#endif /* _LINUX_MOD_DEVICETABLE_H */
