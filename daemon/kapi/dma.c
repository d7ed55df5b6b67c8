/* SPDX-License-Identifier: MIT */
/* The memory of <linux/dma-mapping.h>. */
#include <linux/dma-mapping.h>

#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/grave.h"
#include "kapi/memory.h"

#include <errno.h>
#include <linux/mm.h>

EXPORT void *dma_alloc_coherent(struct device *dev, size_t size,
				dma_addr_t *r_handle, gfp_t flags)
{
	void *ptr;

	if (!golden_rule_allows("dma_alloc_coherent"))
		return NULL;

	ptr = memory_alloc(size);
	if (ptr)
		*r_handle = virt_to_phys(ptr);

	return ptr;
}

EXPORT void dma_free_coherent(struct device *dev, size_t size, void *cpu_addr,
			      dma_addr_t handle)
{
	if (cpu_addr == NULL || grave_take(cpu_addr))
		return;

	golden_rule_note(BREACH_MEMORY, "dma_free_coherent");
	memory_free(cpu_addr);
}

EXPORT int dma_mmap_coherent(struct device *dev, struct vm_area_struct *vma,
			     void *cpu_addr, dma_addr_t handle, size_t size)
{
	unsigned long wanted = vma_pages(vma), there = PFN_UP(size);

	if (vma->vm_pgoff >= there || wanted > there - vma->vm_pgoff)
		return -ENXIO;

	return remap_pfn_range(vma, vma->vm_start,
			       virt_to_pfn(cpu_addr) + vma->vm_pgoff,
			       wanted << PAGE_SHIFT, vma->vm_page_prot);
}
