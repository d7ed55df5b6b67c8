/* SPDX-License-Identifier: MIT */
#include "kapi/area.h"

#include "kapi/export.h"
#include "kapi/memory.h"
#include "kapi/mmio.h"
#include "stage/call.h"

#include <errno.h>
#include <linux/container_of.h>
#include <linux/mm.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static unsigned long area_size(const struct area *area)
{
	return area->vma.vm_end - area->vma.vm_start;
}

void area_deinit(struct area *area)
{
	for (unsigned int i = 0; i < area->nr_segments; i++)
		memory_put(area->segments[i].mem);
	free(area->segments);
	area->segments = NULL;
	area->nr_segments = 0;
}

/* The first segment which ends behind @start; nr_segments if none does. */
static unsigned int segment_at(const struct area *area, unsigned long start)
{
	unsigned int i = 0;

	while (i < area->nr_segments &&
	       area->segments[i].start + area->segments[i].length <= start)
		i++;

	return i;
}

/* Does @next go on where @seg ends, in the area and in memory? */
static bool continues(const struct area_segment *seg,
		      const struct area_segment *next)
{
	return seg->mem == next->mem && seg->mem &&
	       seg->start + seg->length == next->start &&
	       seg->offset + seg->length == next->offset;
}

/* Put @seg before number @i. Its reference is the area's on success. */
static int add_segment(struct area *area, unsigned int i,
		       const struct area_segment *seg)
{
	struct area_segment *prev = i ? &area->segments[i - 1] : NULL;
	struct area_segment *grown;

	if (prev && continues(prev, seg)) {
		prev->length += seg->length;
		memory_put(seg->mem);
		return 0;
	}

	if (area->nr_segments == AREA_SEGMENTS_MAX)
		return -ENOMEM;
	grown = reallocarray(area->segments, area->nr_segments + 1,
			     sizeof(*grown));
	if (grown == NULL)
		return -ENOMEM;

	area->segments = grown;
	memmove(&grown[i + 1], &grown[i],
		(area->nr_segments - i) * sizeof(*grown));
	grown[i] = *seg;
	area->nr_segments++;

	return 0;
}

int area_insert(struct vm_area_struct *vma, unsigned long addr,
		const void *base, unsigned long offset, unsigned long size)
{
	struct area *area = container_of(vma, struct area, vma);
	struct area_segment seg = { .start = addr - vma->vm_start,
				    .length = size };
	unsigned long end;
	unsigned int i;
	int ret;

	if (addr < vma->vm_start || !PAGE_ALIGNED(addr | size) || size == 0 ||
	    seg.start > area_size(area) || size > area_size(area) - seg.start ||
	    __builtin_add_overflow(offset, size, &end))
		return -EINVAL;

	i = segment_at(area, seg.start);
	if (i < area->nr_segments &&
	    area->segments[i].start < seg.start + seg.length)
		return -EBUSY;

	seg.mem = memory_find(base, end);
	if (seg.mem == NULL)
		return -EINVAL;

	seg.offset =
		(unsigned long)((const char *)base - seg.mem->base) + offset;
	ret = PAGE_ALIGNED(seg.offset) ? add_segment(area, i, &seg) : -EINVAL;
	if (ret)
		memory_put(seg.mem);

	return ret;
}

int area_append(struct vm_area_struct *vma, unsigned long start,
		struct memory *mem, unsigned long offset, unsigned long size)
{
	struct area *area = container_of(vma, struct area, vma);
	struct area_segment seg = {
		.start = start, .length = size, .mem = mem, .offset = offset
	};
	const struct area_segment *last = NULL;

	if (area->nr_segments)
		last = &area->segments[area->nr_segments - 1];
	if (!PAGE_ALIGNED(start | offset | size) || size == 0 ||
	    start > area_size(area) || size > area_size(area) - start ||
	    offset > mem->size || size > mem->size - offset ||
	    (last && start < last->start + last->length))
		return -EINVAL;

	return add_segment(area, area->nr_segments, &seg);
}

/* The first gap from @start on: its start, and its end in *@r_end. */
static unsigned long find_gap(const struct area *area, unsigned long start,
			      unsigned long *r_end)
{
	unsigned int i = segment_at(area, start);

	for (; i < area->nr_segments; i++) {
		if (area->segments[i].start > start)
			break;
		start = area->segments[i].start + area->segments[i].length;
	}
	*r_end = i < area->nr_segments ? area->segments[i].start
				       : area_size(area);

	return start;
}

/* Ask the driver for the page at @start, which is missing. */
static int fault(struct area *area, unsigned long start)
{
	struct vm_area_struct *vma = &area->vma;
	struct vm_fault vmf = {
		.vma = vma,
		.pgoff = vma->vm_pgoff + (start >> PAGE_SHIFT),
		.address = vma->vm_start + start,
	};
	struct stage_call call = {
		.what = "vma fault",
		.func = (const void *)vma->vm_ops->fault,
		.addr = vmf.address,
		.size = PAGE_SIZE,
	};
	vm_fault_t ret;

	stage_call_begin(&call);
	ret = vma->vm_ops->fault(&vmf);
	stage_call_end(&call);
	if (ret & VM_FAULT_OOM)
		return -ENOMEM;
	if (ret & (VM_FAULT_ERROR | VM_FAULT_NOPAGE) || vmf.page == NULL)
		return 0;

	/* What cannot be mapped is not there. */
	ret = (vm_fault_t)area_insert(vma, vmf.address, page_address(vmf.page),
				      0, PAGE_SIZE);

	return (int)ret == -ENOMEM ? -ENOMEM : 0;
}

static int fault_all(struct area *area)
{
	unsigned long start, end, next;
	unsigned int nr = 0;
	int ret = 0;

	for (next = 0; next < area_size(area) && ret == 0; next = start) {
		start = find_gap(area, next, &end);
		if (start == area_size(area))
			break;
		ret = nr++ < AREA_FAULTS_MAX ? fault(area, start) : -ENOMEM;
		start += PAGE_SIZE;
	}

	return ret;
}

int area_complete(struct area *area)
{
	struct area_segment seg = { .mem = NULL };
	unsigned long end;
	int ret = 0;

	if (area->vma.vm_ops && area->vma.vm_ops->fault)
		ret = fault_all(area);

	while (ret == 0) {
		seg.start = find_gap(area, 0, &end);
		seg.length = end - seg.start;
		if (seg.length == 0)
			break;
		ret = add_segment(area, segment_at(area, seg.start), &seg);
	}

	return ret;
}

/* Where page @pfn is: registers have addresses of their own. */
static const void *page_at(unsigned long pfn)
{
	const void *regs = mmio_page(PFN_PHYS(pfn));

	return regs ? regs : page_address(pfn_to_page(pfn));
}

EXPORT int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr,
			   unsigned long pfn, unsigned long size, pgprot_t prot)
{
	vm_flags_set(vma, VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTDUMP);

	return area_insert(vma, addr, page_at(pfn), 0, PAGE_ALIGN(size));
}

EXPORT int vm_iomap_memory(struct vm_area_struct *vma, phys_addr_t start,
			   unsigned long len)
{
	unsigned long pages;

	if (start + len < start)
		return -EINVAL;

	len += start & ~PAGE_MASK;
	pages = PFN_UP(len);
	if (vma->vm_pgoff > pages || vma_pages(vma) > pages - vma->vm_pgoff)
		return -EINVAL;

	return remap_pfn_range(vma, vma->vm_start,
			       PHYS_PFN(start) + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

EXPORT int vm_insert_page(struct vm_area_struct *vma, unsigned long addr,
			  struct page *page)
{
	if (addr < vma->vm_start || addr >= vma->vm_end)
		return -EFAULT;

	vm_flags_set(vma, VM_MIXEDMAP);

	return area_insert(vma, addr, page_address(page), 0, PAGE_SIZE);
}

EXPORT vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr,
				 unsigned long pfn)
{
	switch (vm_insert_page(vma, addr, pfn_to_page(pfn))) {
	case 0:
	case -EBUSY:
		return VM_FAULT_NOPAGE;
	case -ENOMEM:
		return VM_FAULT_OOM;
	default:
		return VM_FAULT_SIGBUS;
	}
}
