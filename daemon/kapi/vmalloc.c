/* SPDX-License-Identifier: MIT */
/* The memory of <linux/vmalloc.h>: from malloc(), unless it is for users. */
#include <linux/vmalloc.h>

#include "kapi/area.h"
#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/grave.h"
#include "kapi/memory.h"

#include <errno.h>
#include <linux/mm.h>
#include <stdlib.h>

EXPORT void *vmalloc(unsigned long size)
{
	void *ptr;

	if (size == 0 || !golden_rule_allows("vmalloc"))
		return NULL;

	stage_lenient();
	if (posix_memalign(&ptr, PAGE_SIZE, size))
		ptr = NULL;
	stage_strict();

	return ptr;
}

EXPORT void *vmalloc_user(unsigned long size)
{
	return golden_rule_allows("vmalloc_user") ? memory_alloc(size) : NULL;
}

EXPORT void vfree(const void *ptr)
{
	if (ptr == NULL || grave_take((void *)ptr))
		return;

	golden_rule_note(BREACH_MEMORY, "vfree");
	stage_lenient();
	if (!memory_free(ptr))
		free((void *)ptr);
	stage_strict();
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
