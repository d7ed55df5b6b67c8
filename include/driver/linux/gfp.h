/* SPDX-License-Identifier: MIT */
/*
 * How memory is asked for, of which only __GFP_ZERO makes a difference here;
 * and whole pages, which a driver's mmap handler may hand to applications
 * (<linux/mm.h>).
 * Source: driver-api 5.2
 */
#ifndef _LINUX_GFP_H
#define _LINUX_GFP_H

#include <linux/types.h>

#define __GFP_NOWARN ((gfp_t)0x2000)
#define __GFP_COMP   ((gfp_t)0x40000)
#define __GFP_ZERO   ((gfp_t)0x100)
#define GFP_KERNEL   ((gfp_t)0xcc0)
#define GFP_ATOMIC   ((gfp_t)0xa20)
#define GFP_NOWAIT   ((gfp_t)0x800)
#define GFP_DMA	     ((gfp_t)0x1)
#define GFP_DMA32    ((gfp_t)0x4)
#define GFP_USER     ((gfp_t)0x100cc0 & ~__GFP_ZERO)

/* No block of pages has a higher order. */
#define MAX_PAGE_ORDER 10

struct page;

/**
 * alloc_pages() - allocate pages in one piece
 * @flags:	GFP_KERNEL or another; pages always come zeroed
 * @order:	for 2^@order of them, at most MAX_PAGE_ORDER
 *
 * Each block takes a descriptor of the daemon's, besides its memory.
 *
 * Stage:  in-band; tolerated out-of-band, where it may take long.
 * Blocks: no.
 *
 * Return: the first page, or NULL; __free_pages() it
 */
struct page *alloc_pages(gfp_t flags, unsigned int order);

/**
 * __free_pages() - give pages back
 * @page:	from alloc_pages(); NULL does nothing
 * @order:	as it was then
 *
 * Applications which have mapped them keep what they see.
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 */
void __free_pages(struct page *page, unsigned int order);

/* The same, by the address of the first page; 0 if there is no memory, and
 * that does nothing when freed. */
unsigned long __get_free_pages(gfp_t flags, unsigned int order);
void free_pages(unsigned long addr, unsigned int order);

/* The same, for any number of bytes. */
void *alloc_pages_exact(size_t size, gfp_t flags);
void free_pages_exact(void *ptr, size_t size);

#define alloc_page(flags)      alloc_pages(flags, 0)
#define __free_page(page)      __free_pages(page, 0)
#define __get_free_page(flags) __get_free_pages(flags, 0)
#define get_zeroed_page(flags) __get_free_pages((flags) | __GFP_ZERO, 0)
#define free_page(addr)	       free_pages(addr, 0)

#endif /* _LINUX_GFP_H */
