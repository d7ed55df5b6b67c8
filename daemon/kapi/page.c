/* SPDX-License-Identifier: MIT */
/* The pages of <linux/gfp.h>. */
#include <linux/gfp.h>

#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/grave.h"
#include "kapi/memory.h"

#include <linux/mm.h>

EXPORT unsigned long __get_free_pages(gfp_t flags, unsigned int order)
{
	if (order > MAX_PAGE_ORDER || !golden_rule_allows("alloc_pages"))
		return 0;

	return (unsigned long)memory_alloc(PAGE_SIZE << order);
}

EXPORT void free_pages(unsigned long addr, unsigned int order)
{
	if (addr == 0 || grave_take((void *)addr))
		return;

	golden_rule_note(BREACH_MEMORY, "free_pages");
	memory_free((const void *)addr);
}

EXPORT struct page *alloc_pages(gfp_t flags, unsigned int order)
{
	return virt_to_page(__get_free_pages(flags, order));
}

EXPORT void __free_pages(struct page *page, unsigned int order)
{
	free_pages((unsigned long)page_address(page), order);
}

EXPORT void *alloc_pages_exact(size_t size, gfp_t flags)
{
	return golden_rule_allows("alloc_pages_exact") ? memory_alloc(size)
						       : NULL;
}

EXPORT void free_pages_exact(void *ptr, size_t size)
{
	free_pages((unsigned long)ptr, 0);
}
