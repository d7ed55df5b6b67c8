/* SPDX-License-Identifier: MIT */
/*
 * A map from 64-bit numbers to pointers: open addressing, linear probing, at
 * most three quarters full. Lookups take a few loads however much is in it, and
 * an entry 22 to 43 bytes.
 *
 * It has no lock. Where another thread looks things up, growing is in two
 * steps, so that the lock need not be held while memory is allocated and
 * everything is put elsewhere: map_grown(), which only reads, then under the
 * lock map_swap() and map_insert().
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct map_entry {
	uint64_t key;
	void *value; /* NULL: a free place */
};

struct map {
	struct map_entry *entries; /* owned */
	uint32_t size;		   /* a power of two, or 0 */
	uint32_t count;
};

/* All zeroes is an empty map. */
void map_deinit(struct map *map);

/* NULL: not there. */
void *map_find(const struct map *map, uint64_t key);

/* Is there no room for another key? */
static inline bool map_full(const struct map *map)
{
	return map->count + 1 > map->size / 4 * 3;
}

/* A copy of @map with room for more; -ENOMEM. The keys are in other places. */
int map_grown(const struct map *map, struct map *r_bigger);

static inline void map_swap(struct map *a, struct map *b)
{
	struct map tmp = *a;

	*a = *b;
	*b = tmp;
}

/* Set what @key stands for, not NULL. There is room, or it is there already. */
void map_insert(struct map *map, uint64_t key, void *value);
/* What was there, or NULL. */
void *map_remove(struct map *map, uint64_t key);

/* Grow if need be, then insert: where nobody else looks. 0 or -ENOMEM. */
int map_set(struct map *map, uint64_t key, void *value);
