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
#include <stddef.h>
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

extern uint64_t map_seed; /* odd, random; for what follows */

/* Where the search for @key begins: its dense numbers are spread by the golden
 * ratio, who knows not the seed cannot make them meet. */
static inline uint32_t map_home(const struct map *map, uint64_t key)
{
	key = (key ^ map_seed) * UINT64_C(0x9e3779b97f4a7c15);
	key = (key ^ key >> 32) * map_seed;

	return (uint32_t)(key >> 32) & (map->size - 1);
}

/* Its place, or the free one where it would go. There is a free one. */
static inline struct map_entry *map_place(const struct map *map, uint64_t key)
{
	uint32_t n = map_home(map, key);

	while (map->entries[n].value && map->entries[n].key != key)
		n = (n + 1) & (map->size - 1);

	return &map->entries[n];
}

/* NULL: not there. */
static inline void *map_find(const struct map *map, uint64_t key)
{
	return map->size ? map_place(map, key)->value : NULL;
}

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
