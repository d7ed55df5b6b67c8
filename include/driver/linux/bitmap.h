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

/* kfree() under another name gives it back: bitmap_free(). */
static inline unsigned long *bitmap_zalloc(unsigned int nbits, gfp_t flags)
{
	return (unsigned long *)kcalloc(BITS_TO_LONGS(nbits), sizeof(long),
					flags);
}

static inline void bitmap_free(const unsigned long *map)
{
	kfree(map);
}

#endif /* _LINUX_BITMAP_H */
