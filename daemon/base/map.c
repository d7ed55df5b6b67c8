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
uint64_t map_seed;

static void make_seed(void)
{
	uint64_t value;

	if (map_seed)
		return;
	if (getrandom(&value, sizeof(value), GRND_NONBLOCK) < 0)
		value = (uintptr_t)&map_seed;
	map_seed = value | 1;
}

void map_deinit(struct map *map)
{
	free(map->entries);
	*map = (struct map){ .entries = NULL };
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
	struct map_entry *entry = map_place(map, key);

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
		home = map_home(map, map->entries[n].key);
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

	entry = map_place(map, key);
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
