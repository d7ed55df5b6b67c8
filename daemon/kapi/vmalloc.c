/* SPDX-License-Identifier: MIT */
/* The memory of <linux/vmalloc.h>: from malloc(), unless it is for users. */
#include <linux/vmalloc.h>

#include "kapi/area.h"
#include "kapi/export.h"
#include "kapi/grave.h"
#include "kapi/memory.h"

#include <errno.h>
#include <linux/mm.h>
#include <stdlib.h>

EXPORT void *vmalloc(unsigned long size)
{
	void *ptr;

	if (size == 0 || posix_memalign(&ptr, PAGE_SIZE, size))
		return NULL;

	return ptr;
}

EXPORT void *vmalloc_user(unsigned long size)
{
	return memory_alloc(size);
}

EXPORT void vfree(const void *ptr)
{
	if (ptr && !grave_take((void *)ptr) && !memory_free(ptr))
		free((void *)ptr);
}

EXPORT int remap_vmalloc_range(struct vm_area_struct *vma, void *addr,
			       unsigned long pgoff)
{
	unsigned long offset, size = vma->vm_end - vma->vm_start;
	char *from = addr;

	if (!PAGE_ALIGNED(addr) ||
	    __builtin_mul_overflow(pgoff, PAGE_SIZE, &offset) ||
	    offset > UINTPTR_MAX - (uintptr_t)addr)
		return -EINVAL;

	vm_flags_set(vma, VM_DONTEXPAND | VM_DONTDUMP);

	/* One allocation, from its beginning to the last page wanted. */
	return area_insert(vma, vma->vm_start, from, offset, size);
}
