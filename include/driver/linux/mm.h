/* SPDX-License-Identifier: MIT */
/*
 * Pages, their addresses, and mapping them into applications.
 *
 * A driver's mmap handler gives applications memory which came from
 * vmalloc_user(), alloc_pages() and kin, or dma_alloc_coherent(): that is what
 * can leave the daemon. Anything else is -EINVAL. Addresses are the same
 * number whatever they are called: virtual, physical, or a device's.
 * Source: driver-api 5.2, 7.17
 */
#ifndef _LINUX_MM_H
#define _LINUX_MM_H

#include <linux/align.h>
#include <linux/gfp.h>
#include <linux/mm_types.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#define PAGE_SHIFT 12
#ifndef PAGE_SIZE
#define PAGE_SIZE (1UL << PAGE_SHIFT)
#endif
#ifndef PAGE_MASK
#define PAGE_MASK (~(PAGE_SIZE - 1))
#endif

#define PAGE_ALIGN(addr)      ALIGN(addr, PAGE_SIZE)
#define PAGE_ALIGN_DOWN(addr) ALIGN_DOWN(addr, PAGE_SIZE)
#define PAGE_ALIGNED(addr)    IS_ALIGNED((unsigned long)(addr), PAGE_SIZE)
#define offset_in_page(p)     ((unsigned long)(p) & ~PAGE_MASK)

#define PFN_UP(x)	      (((x) + PAGE_SIZE - 1) >> PAGE_SHIFT)
#define PFN_DOWN(x)	      ((x) >> PAGE_SHIFT)
#define PFN_PHYS(x)	      ((phys_addr_t)(x) << PAGE_SHIFT)
#define PHYS_PFN(x)	      ((unsigned long)((x) >> PAGE_SHIFT))

/* From any of a page's names to the others. */

#define __pa(x) ((unsigned long)(x))
#define __va(x) ((void *)(unsigned long)(x))

static inline phys_addr_t virt_to_phys(const volatile void *addr)
{
	return __pa(addr);
}

static inline void *phys_to_virt(phys_addr_t addr)
{
	return __va(addr);
}

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return (struct page *)(pfn * sizeof(struct page));
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)page / sizeof(struct page);
}

static inline void *page_address(const struct page *page)
{
	return __va(page_to_pfn(page) << PAGE_SHIFT);
}

#define virt_to_pfn(addr)     PHYS_PFN(__pa(addr))
#define virt_to_page(addr)    pfn_to_page(virt_to_pfn(addr))
#define page_to_virt(page)    page_address(page)
#define page_to_phys(page)    PFN_PHYS(page_to_pfn(page))
#define phys_to_page(phys)    pfn_to_page(PHYS_PFN(phys))
#define nth_page(page, n)     ((page) + (n))
#define vmalloc_to_page(addr) virt_to_page(addr)
#define vmalloc_to_pfn(addr)  virt_to_pfn(addr)

/* 2^order pages have room for @size bytes. */
static inline int get_order(unsigned long size)
{
	int order = 0;

	while (size > PAGE_SIZE << order && order < 64 - PAGE_SHIFT)
		order++;

	return order;
}

/* Who has mapped a page keeps it: nothing to be counted, or to be reserved. */
static inline void get_page(struct page *page)
{
	(void)page;
}

static inline void SetPageReserved(struct page *page)
{
	(void)page;
}

static inline void ClearPageReserved(struct page *page)
{
	(void)page;
}

/* There is one kind of memory. */
#define __pgprot(x)		  ((pgprot_t){ (x) })
#define pgprot_val(prot)	  ((prot).pgprot)
#define pgprot_noncached(prot)	  (prot)
#define pgprot_writecombine(prot) (prot)
#define pgprot_device(prot)	  (prot)
#define PAGE_SHARED		  __pgprot(VM_READ | VM_WRITE)
#define PAGE_KERNEL		  __pgprot(VM_READ | VM_WRITE)

static inline pgprot_t vm_get_page_prot(unsigned long vm_flags)
{
	return __pgprot(vm_flags & (VM_READ | VM_WRITE | VM_EXEC | VM_SHARED));
}

static inline unsigned long vma_pages(const struct vm_area_struct *vma)
{
	return (vma->vm_end - vma->vm_start) >> PAGE_SHIFT;
}

static inline void vm_flags_set(struct vm_area_struct *vma, unsigned long flags)
{
	vma->vm_flags |= flags;
}

static inline void vm_flags_clear(struct vm_area_struct *vma,
				  unsigned long flags)
{
	vma->vm_flags &= ~flags;
}

static inline void vm_flags_mod(struct vm_area_struct *vma, unsigned long set,
				unsigned long clear)
{
	vma->vm_flags = (vma->vm_flags | set) & ~clear;
}

/**
 * remap_pfn_range() - map pages in one piece
 * @vma:	what the application maps
 * @addr:	the first address in it to have them, page-aligned
 * @pfn:	the first page
 * @size:	how many bytes, rounded up to whole pages
 * @prot:	means nothing here: vm_flags says who may write
 *
 * Stage:  in-band, from an mmap or fault handler.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	outside of @vma, or of one allocation's pages
 *   -EBUSY	there are pages already
 *   -ENOMEM	too many pieces
 */
int remap_pfn_range(struct vm_area_struct *vma, unsigned long addr,
		    unsigned long pfn, unsigned long size, pgprot_t prot);

#define io_remap_pfn_range(vma, addr, pfn, size, prot) \
	remap_pfn_range(vma, addr, pfn, size, prot)

/**
 * vm_iomap_memory() - map memory from the application's offset on
 * @vma:	what the application maps, vm_pgoff being the offset in it
 * @start:	the memory's physical address
 * @len:	its size in bytes
 *
 * Stage:  in-band, from an mmap handler.
 * Blocks: no.
 *
 * Return: 0, or as remap_pfn_range()
 */
int vm_iomap_memory(struct vm_area_struct *vma, phys_addr_t start,
		    unsigned long len);

/**
 * vm_insert_page() - map one page
 * @vma:	what the application maps
 * @addr:	where in it, page-aligned
 * @page:	the page
 *
 * Stage:  in-band, from an mmap or fault handler.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EFAULT	@addr is outside of @vma
 *   -EINVAL	no page that can be mapped
 *   -EBUSY	there is one already
 *   -ENOMEM	too many pieces
 */
int vm_insert_page(struct vm_area_struct *vma, unsigned long addr,
		   struct page *page);

/* The same, for a fault handler to return. */
vm_fault_t vmf_insert_pfn(struct vm_area_struct *vma, unsigned long addr,
			  unsigned long pfn);

#endif /* _LINUX_MM_H */
