/* SPDX-License-Identifier: MIT */
/* /dev/bulk, see bulk.c. */
#pragma once

#include <stdint.h>

#define BULK_MAX (256u << 10)

struct bulk_nested {
	uint64_t ptr, len;
};

#define BULK_NESTED 0x4201
#define BULK_SLEEP  0x4202
#define BULK_LOOP   0x4203
#define BULK_NICE   0x4204 /* the pid of who asks */
