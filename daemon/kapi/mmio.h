/* SPDX-License-Identifier: MIT */
/*
 * Registers of devices (<asm/io.h>): plain memory at addresses which were made
 * up. A range is there as long as its device, its memory as long as that or as
 * somebody has it mapped.
 *
 * Stage: in-band.
 */
#pragma once

#include <linux/types.h>

/* No range ends behind this: no address of our own is as low. */
#define MMIO_END ((phys_addr_t)1 << 40)

/*
 * Make the range of @size bytes from @start. 0, or
 *   -EINVAL	it is empty, or ends behind MMIO_END
 *   -EBUSY	some of it is there already
 *   -ENOMEM
 */
int mmio_add(phys_addr_t start, resource_size_t size);
/* The range which begins there goes. */
void mmio_remove(phys_addr_t start);

/* Where the page of @addr is in memory, NULL if none of it is a register, or
 * several ranges have a part of it: each has memory of its own. */
const void *mmio_page(phys_addr_t addr);
