/* SPDX-License-Identifier: MIT */
/* Whole arrays of bits. Plain memory: the caller provides the locking.
 * Source: driver-api 5.2 */
#ifndef _LINUX_BITMAP_H
#define _LINUX_BITMAP_H

#include <linux/bitops.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <string.h>

#ifndef DECLARE_BITMAP
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#endif

static inline void bitmap_zero(unsigned long *map, unsigned int nbits)
{
	memset(map, 0, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_fill(unsigned long *map, unsigned int nbits)
{
	memset(map, 0xff, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_copy(unsigned long *to, const unsigned long *from,
			       unsigned int nbits)
{
	memcpy(to, from, BITS_TO_LONGS(nbits) * sizeof(long));
}

static inline void bitmap_set(unsigned long *map, unsigned int start,
			      unsigned int nbits)
{
	for (unsigned int i = start; i < start + nbits; i++)
		__set_bit((long)i, map);
}

static inline void bitmap_clear(unsigned long *map, unsigned int start,
				unsigned int nbits)
{
	for (unsigned int i = start; i < start + nbits; i++)
		__clear_bit((long)i, map);
}

/* Of word @i of @nbits, those bits which count. */
static inline unsigned long __bitmap_mask(unsigned int nbits, unsigned int i)
{
	if (i < nbits / BITS_PER_LONG)
		return ~0UL;

	return ~(~0UL << nbits % BITS_PER_LONG);
}

static inline void bitmap_or(unsigned long *to, const unsigned long *a,
			     const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		to[i] = a[i] | b[i];
}

static inline void bitmap_xor(unsigned long *to, const unsigned long *a,
			      const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		to[i] = a[i] ^ b[i];
}

static inline void bitmap_complement(unsigned long *to,
				     const unsigned long *from,
				     unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		to[i] = ~from[i];
}

/* True: something is left. */
static inline bool bitmap_and(unsigned long *to, const unsigned long *a,
			      const unsigned long *b, unsigned int nbits)
{
	unsigned long left = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++) {
		to[i] = a[i] & b[i];
		left |= to[i] & __bitmap_mask(nbits, i);
	}

	return left != 0;
}

/* What is in @a but not in @b. True: something is left. */
static inline bool bitmap_andnot(unsigned long *to, const unsigned long *a,
				 const unsigned long *b, unsigned int nbits)
{
	unsigned long left = 0;

	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++) {
		to[i] = a[i] & ~b[i];
		left |= to[i] & __bitmap_mask(nbits, i);
	}

	return left != 0;
}

static inline bool bitmap_equal(const unsigned long *a, const unsigned long *b,
				unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if ((a[i] ^ b[i]) & __bitmap_mask(nbits, i))
			return false;

	return true;
}

static inline bool bitmap_intersects(const unsigned long *a,
				     const unsigned long *b, unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if (a[i] & b[i] & __bitmap_mask(nbits, i))
			return true;

	return false;
}

/* Is all of @a in @b? */
static inline bool bitmap_subset(const unsigned long *a, const unsigned long *b,
				 unsigned int nbits)
{
	for (unsigned int i = 0; i < BITS_TO_LONGS(nbits); i++)
		if (a[i] & ~b[i] & __bitmap_mask(nbits, i))
			return false;

	return true;
}

static inline bool bitmap_empty(const unsigned long *map, unsigned int nbits)
{
	return find_first_bit(map, nbits) == nbits;
}

static inline bool bitmap_full(const unsigned long *map, unsigned int nbits)
{
	return find_first_zero_bit(map, nbits) == nbits;
}

static inline unsigned int bitmap_weight(const unsigned long *map,
					 unsigned int nbits)
{
	unsigned int weight = 0;
	unsigned long bit;

	for_each_set_bit(bit, map, nbits)
		weight++;

	return weight;
}

/* The first of @nr zeroes in a row at or behind @start, at a multiple of
 * @align_mask + 1; more than @size if there are none. */
static inline unsigned long bitmap_find_next_zero_area(const unsigned long *map,
						       unsigned long size,
						       unsigned long start,
						       unsigned int nr,
						       unsigned long align_mask)
{
	unsigned long end, next;

	for (;;) {
		start = find_next_zero_bit(map, size, start);
		start = (start + align_mask) & ~align_mask;
		end = start + nr;
		if (end > size)
			return size + 1;
		next = find_next_bit(map, end, start);
		if (next >= end)
			return start;
		start = next + 1;
	}
}

/* kfree() under another name gives it back: bitmap_free(). */
static inline unsigned long *bitmap_zalloc(unsigned int nbits, gfp_t flags)
{
	return (unsigned long *)kcalloc(BITS_TO_LONGS(nbits), sizeof(long),
					flags);
}

static inline unsigned long *bitmap_alloc(unsigned int nbits, gfp_t flags)
{
	return (unsigned long *)kmalloc_array(BITS_TO_LONGS(nbits),
					      sizeof(long), flags);
}

static inline void bitmap_free(const unsigned long *map)
{
	kfree(map);
}

#endif /* _LINUX_BITMAP_H */
