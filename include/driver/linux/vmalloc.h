/* SPDX-License-Identifier: MIT */
/* Source: driver-api 5.2 */
#ifndef _LINUX_VMALLOC_H
#define _LINUX_VMALLOC_H

#include <linux/types.h>
#include <string.h>

struct vm_area_struct;

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
 * vmalloc_user() - allocate whole pages which applications may map
 * @size:	in bytes; 0 gives NULL
 *
 * Each takes a descriptor of the daemon's, besides its memory.
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the memory, page-aligned and zeroed, or NULL; vfree() it
 */
void *vmalloc_user(unsigned long size);

/**
 * vfree() - give memory of vmalloc() or vmalloc_user() back
 * @ptr:	the memory; NULL does nothing
 *
 * Applications which have mapped it keep what they see.
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

#define vmalloc_32_user(size) vmalloc_user(size)

/**
 * remap_vmalloc_range() - map memory of vmalloc_user()
 * @vma:	what the application maps, all of which is filled
 * @addr:	the memory
 * @pgoff:	how many of its pages to skip, usually vma->vm_pgoff
 *
 * Stage:  in-band, from an mmap handler.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	it is not of vmalloc_user(), or smaller than that
 *   -EBUSY	there are pages already
 */
int remap_vmalloc_range(struct vm_area_struct *vma, void *addr,
			unsigned long pgoff);

#endif /* _LINUX_VMALLOC_H */
