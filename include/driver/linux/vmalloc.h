/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_VMALLOC_H
#define _LINUX_VMALLOC_H

#include <linux/types.h>
#include <string.h>

/**
 * vmalloc() - allocate whole pages
 * @size:	in bytes; 0 gives NULL
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the memory, page-aligned, or NULL; vfree() it
 */
void *vmalloc(unsigned long size);

/**
 * vfree() - give memory of vmalloc() back
 * @ptr:	the memory; NULL does nothing
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 */
void vfree(const void *ptr);

/* vmalloc(), zeroed. */
static inline void *vzalloc(unsigned long size)
{
	void *ptr = vmalloc(size);

	return ptr ? memset(ptr, 0, size) : NULL;
}

#endif /* _LINUX_VMALLOC_H */
