/* SPDX-License-Identifier: MIT */
/*
 * Memory from the daemon's heap. It is refused when there is none, and never
 * waited for; but a system call may be made for it, so out-of-band handlers
 * should not be the ones who ask.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_SLAB_H
#define _LINUX_SLAB_H

#include <linux/cleanup.h>
#include <linux/gfp.h>
#include <linux/types.h>
#include <stdarg.h>
#include <string.h>

/**
 * kmalloc() - allocate memory
 * @size:	in bytes
 * @flags:	GFP_KERNEL or another; with __GFP_ZERO the memory is zeroed
 *
 * Blocks of a page or more begin at a page's start.
 *
 * Stage:  in-band; tolerated out-of-band, where it may take long.
 * Blocks: no.
 *
 * Return: the memory, or NULL when there is none; kfree() it
 */
void *kmalloc(size_t size, gfp_t flags);

/**
 * krealloc() - change the size of a block
 * @ptr:	from kmalloc() and kin; NULL makes this kmalloc()
 * @size:	the new size in bytes; 0 makes this kfree()
 * @flags:	as for kmalloc(); what is added is not zeroed
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the block, which may have moved; NULL when there is no memory,
 *	   and then @ptr is as it was
 */
void *krealloc(void *ptr, size_t size, gfp_t flags);

/**
 * kfree() - give memory back
 * @ptr:	from kmalloc() and kin; NULL does nothing
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 */
void kfree(const void *ptr);

/**
 * ksize() - how large a block really is
 * @ptr:	from kmalloc() and kin
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: at least the size that was asked for, in bytes
 */
size_t ksize(const void *ptr);

/**
 * kmemdup() - a copy of some bytes on the heap
 * @from:	the bytes
 * @size:	how many
 * @flags:	as for kmalloc()
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the copy, or NULL; kfree() it
 */
void *kmemdup(const void *from, size_t size, gfp_t flags);

/**
 * kstrndup() - a copy of a string on the heap
 * @str:	the string; NULL gives NULL
 * @max:	copy no more characters than this
 * @flags:	as for kmalloc()
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the copy, 0-terminated, or NULL; kfree() it
 */
char *kstrndup(const char *str, size_t max, gfp_t flags);

/**
 * kasprintf() - format a string on the heap
 * @flags:	as for kmalloc()
 * @fmt:	as for printf()
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the string, or NULL; kfree() it
 */
char *kasprintf(gfp_t flags, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same with its arguments in a va_list. */
char *kvasprintf(gfp_t flags, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

/* kmalloc(), zeroed. */
static inline void *kzalloc(size_t size, gfp_t flags)
{
	return kmalloc(size, flags | __GFP_ZERO);
}

/* Room for @n elements of @size bytes; NULL too if that overflows. */
static inline void *kmalloc_array(size_t n, size_t size, gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;

	return kmalloc(bytes, flags);
}

/* kmalloc_array(), zeroed. */
static inline void *kcalloc(size_t n, size_t size, gfp_t flags)
{
	return kmalloc_array(n, size, flags | __GFP_ZERO);
}

/* krealloc() to @n elements of @size bytes; NULL too if that overflows. */
static inline void *krealloc_array(void *ptr, size_t n, size_t size,
				   gfp_t flags)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		return NULL;

	return krealloc(ptr, bytes, flags);
}

/* A copy of @len characters, and a 0 behind them. */
static inline char *kmemdup_nul(const char *str, size_t len, gfp_t flags)
{
	char *copy = (char *)kmalloc(len + 1, flags);

	if (copy) {
		memcpy(copy, str, len);
		copy[len] = '\0';
	}

	return copy;
}

/* A copy of the whole of @str. */
static inline char *kstrdup(const char *str, gfp_t flags)
{
	return kstrndup(str, (size_t)-1, flags);
}

#define kvmalloc(size, flags)		      kmalloc(size, flags)
#define kvzalloc(size, flags)		      kzalloc(size, flags)
#define kvmalloc_array(n, size, flags)	      kmalloc_array(n, size, flags)
#define kvcalloc(n, size, flags)	      kcalloc(n, size, flags)
#define kvrealloc(ptr, old_size, size, flags) krealloc(ptr, size, flags)
#define kvfree(ptr)			      kfree(ptr)
#define kvmemdup(from, size, flags)	      kmemdup(from, size, flags)

/* There is one kind of memory. */
#define kmalloc_node(size, flags, node) kmalloc(size, flags)
#define kzalloc_node(size, flags, node) kzalloc(size, flags)

/* Constants are copied as all else. */
#define kstrdup_const(str, flags) kstrdup(str, flags)
#define kfree_const(ptr)	  kfree(ptr)

/* Blocks of this alignment, which suits everything. */
#define ARCH_KMALLOC_MINALIGN 16
#define ZERO_OR_NULL_PTR(ptr) ((ptr) == NULL)

/* For __free(): see linux/cleanup.h. */
DEFINE_FREE(kfree, void *, kfree(_T))
DEFINE_FREE(kvfree, void *, kfree(_T))

/* kfree(), once what is in the block is gone. */
static inline void kfree_sensitive(const void *ptr)
{
	if (ptr)
		explicit_bzero((void *)ptr, ksize(ptr));
	kfree(ptr);
}

/* Blocks of one size, which all come from kmalloc(): a cache is what they have
 * in common. */
struct kmem_cache {
	unsigned int size;
	void (*ctor)(void *block); /* of each that is handed out; may be NULL */
};

#define SLAB_HWCACHE_ALIGN 0x2000U
#define SLAB_PANIC	   0x40000U
#define SLAB_ACCOUNT	   0x4000000U

/**
 * kmem_cache_create() - agree on a size of blocks
 * @name:	for people
 * @size:	in bytes
 * @align:	a power of two up to 16, as blocks lie at such addresses; 0: any
 * @flags:	make no difference
 * @ctor:	void ctor(void *block), called for each block handed out; may be
 *		NULL
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: the cache, or NULL; kmem_cache_destroy() it
 */
static inline struct kmem_cache *
kmem_cache_create(const char *name, unsigned int size, unsigned int align,
		  unsigned int flags, void (*ctor)(void *block))
{
	struct kmem_cache *cache = NULL;

	(void)name;
	(void)flags;
	if (align <= 16)
		cache = (struct kmem_cache *)kzalloc(sizeof(*cache),
						     GFP_KERNEL);
	if (cache) {
		cache->size = size;
		cache->ctor = ctor;
	}

	return cache;
}

#define KMEM_CACHE(type, flags) \
	kmem_cache_create(#type, sizeof(struct type), 0, flags, NULL)

/* A block, as by kmalloc(). */
static inline void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t flags)
{
	void *block = kmalloc(cache->size, flags);

	if (block && cache->ctor)
		cache->ctor(block);

	return block;
}

static inline void *kmem_cache_zalloc(struct kmem_cache *cache, gfp_t flags)
{
	return kmem_cache_alloc(cache, flags | __GFP_ZERO);
}

static inline void kmem_cache_free(struct kmem_cache *cache, void *block)
{
	(void)cache;
	kfree(block);
}

/* All its blocks are back. NULL does nothing. */
static inline void kmem_cache_destroy(struct kmem_cache *cache)
{
	kfree(cache);
}

/* Behind all of it, which that one uses: kfree_rcu() and its struct rcu_head
 * come along in a kernel. */
#ifdef __KERNEL__
#include <linux/rcupdate.h>
#endif

#endif /* _LINUX_SLAB_H */
