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
/* The same without memory: it cannot be mapped before mmio_supply(). */
int mmio_reserve(phys_addr_t start, resource_size_t size);
/*
 * The memory of the reserved range which begins at @start is that of @fd, which
 * is owned from now on, whatever comes of it: what mmio_fd() is in another
 * process. Once supplied it stays so. 0, or
 *   -EINVAL	no range was reserved there, or it is of another size
 *   -ENOMEM
 */
int mmio_supply(phys_addr_t start, int fd);
/* The descriptor of the memory of the range which begins there; borrowed. -1: there
 * is none. */
int mmio_fd(phys_addr_t start);
/* The range which begins there goes. */
void mmio_remove(phys_addr_t start);

/* Where the page of @addr is in memory, NULL if none of it is a register, or
 * several ranges have a part of it: each has memory of its own. */
const void *mmio_page(phys_addr_t addr);
