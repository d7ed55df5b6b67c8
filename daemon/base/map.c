/* SPDX-License-Identifier: MIT */
#include "base/map.h"

#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#define MIN_SIZE 16u

/*
 * Clients choose some of the keys: where these go must not be known to them.
 * The same for all maps and for good, made with the first one.
 */
static uint64_t seed;

static void make_seed(void)
{
	uint64_t value;

	if (seed)
		return;
	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) < 0)
		value = (uintptr_t)&seed;
	seed = value | 1;
}

/* Where the search for @key begins (the finalizer of MurmurHash3). */
static uint32_t home_of(const struct map *map, uint64_t key)
{
	key ^= seed;
	key = (key ^ key >> 33) * UINT64_C(0xff51afd7ed558ccd);
	key = (key ^ key >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);

	return (uint32_t)(key ^ key >> 33) & (map->size - 1);
}

/* Its place, or the free one where it would go. There is a free one. */
static struct map_entry *place_of(const struct map *map, uint64_t key)
{
	uint32_t n = home_of(map, key);

	while (map->entries[n].value && map->entries[n].key != key)
		n = (n + 1) & (map->size - 1);

	return &map->entries[n];
}

void map_deinit(struct map *map)
{
	free(map->entries);
	*map = (struct map){ .entries = NULL };
}

void *map_find(const struct map *map, uint64_t key)
{
	return map->size ? place_of(map, key)->value : NULL;
}

int map_grown(const struct map *map, struct map *r_bigger)
{
	struct map bigger = { .size = map->size ? 2 * map->size : MIN_SIZE };

	make_seed();
	bigger.entries = calloc(bigger.size, sizeof(*bigger.entries));
	if (bigger.entries == NULL)
		return -ENOMEM;

	for (uint32_t n = 0; n < map->size; n++)
		if (map->entries[n].value)
			map_insert(&bigger, map->entries[n].key,
				   map->entries[n].value);
	*r_bigger = bigger;

	return 0;
}

void map_insert(struct map *map, uint64_t key, void *value)
{
	struct map_entry *entry = place_of(map, key);

	if (entry->value == NULL)
		map->count++;
	*entry = (struct map_entry){ .key = key, .value = value };
}

/* Move up who would not be found any more behind the gap at @gap. */
static void close_gap(struct map *map, uint32_t gap)
{
	uint32_t mask = map->size - 1, n = gap, home;

	for (;;) {
		n = (n + 1) & mask;
		if (map->entries[n].value == NULL)
			break;
		home = home_of(map, map->entries[n].key);
		/* It may stay where it is if it searches from behind @gap. */
		if (((n - home) & mask) < ((n - gap) & mask))
			continue;
		map->entries[gap] = map->entries[n];
		gap = n;
	}
	map->entries[gap].value = NULL;
}

void *map_remove(struct map *map, uint64_t key)
{
	struct map_entry *entry;
	void *value;

	if (map->size == 0)
		return NULL;

	entry = place_of(map, key);
	value = entry->value;
	if (value) {
		map->count--;
		close_gap(map, (uint32_t)(entry - map->entries));
	}

	return value;
}

int map_set(struct map *map, uint64_t key, void *value)
{
	struct map bigger;
	int ret;

	if (map_full(map)) {
		ret = map_grown(map, &bigger);
		if (ret)
			return ret;
		map_swap(map, &bigger);
		map_deinit(&bigger);
	}
	map_insert(map, key, value);

	return 0;
}
