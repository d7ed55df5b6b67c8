/* SPDX-License-Identifier: MIT */
/*
 * The memory of <linux/slab.h>, from malloc(). That may enter the kernel and
 * takes locks of its own: a driver that allocates in an oob handler gets its
 * memory, but breaks the golden rule.
 */
#include <linux/slab.h>

#include "kapi/export.h"
#include "kapi/format.h"
#include "kapi/golden-rule.h"
#include "kapi/grave.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE_BYTES 4096

EXPORT void *kmalloc(size_t size, gfp_t flags)
{
	void *ptr;

	if (!golden_rule_allows("kmalloc"))
		return NULL;

	stage_lenient();
	if (size < PAGE_BYTES)
		/* Never NULL for nothing: drivers take that for failure. */
		ptr = malloc(size ? size : 1);
	else if (posix_memalign(&ptr, PAGE_BYTES, size))
		ptr = NULL;
	stage_strict();

	if (ptr && (flags & __GFP_ZERO))
		memset(ptr, 0, size);

	return ptr;
}

EXPORT size_t ksize(const void *ptr)
{
	return malloc_usable_size((void *)ptr);
}

EXPORT void kfree(const void *ptr)
{
	if (ptr == NULL || grave_take((void *)ptr))
		return;

	golden_rule_note(BREACH_MEMORY, "kfree");
	stage_lenient();
	free((void *)ptr);
	stage_strict();
}

EXPORT void *krealloc(void *ptr, size_t size, gfp_t flags)
{
	size_t old_size = ptr ? ksize(ptr) : 0;
	void *moved;

	if (size == 0) {
		kfree(ptr);
		return NULL;
	}

	/* Not realloc(): it would forget the alignment. */
	moved = kmalloc(size, flags);
	if (moved && ptr) {
		memcpy(moved, ptr, old_size < size ? old_size : size);
		kfree(ptr);
	}

	return moved;
}

EXPORT void *kmemdup(const void *from, size_t size, gfp_t flags)
{
	void *copy = kmalloc(size, flags);

	if (copy)
		memcpy(copy, from, size);

	return copy;
}

EXPORT char *kstrndup(const char *str, size_t max, gfp_t flags)
{
	size_t len;
	char *copy;

	if (str == NULL)
		return NULL;

	len = strnlen(str, max);
	copy = kmalloc(len + 1, flags);
	if (copy) {
		memcpy(copy, str, len);
		copy[len] = '\0';
	}

	return copy;
}

EXPORT char *kvasprintf(gfp_t flags, const char *fmt, va_list ap)
{
	char *str;

	(void)flags;
	if (!golden_rule_allows("kasprintf"))
		return NULL;

	stage_lenient();
	str = format_string(fmt, ap);
	stage_strict();

	return str;
}

EXPORT char *kasprintf(gfp_t flags, const char *fmt, ...)
{
	va_list ap;
	char *str;

	va_start(ap, fmt);
	str = kvasprintf(flags, fmt, ap);
	va_end(ap);

	return str;
}
