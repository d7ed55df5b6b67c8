/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include "fd-table.h"
#include "ranges.h"

struct range {
	uintptr_t start;
	uintptr_t end;
	uint16_t number; /* of its mapping */
};

struct entry {
	struct mapping mapping;
	uint16_t nr_ranges;
	bool used;
};

struct table {
	unsigned int nr_ranges;	 /* in no order */
	unsigned int nr_entries; /* all further ones are unused */
	struct range ranges[RANGES_MAX];
	struct entry entries[MAPPINGS_MAX];
};

_Atomic(uintptr_t) ranges_low, ranges_high;

static struct table tables[2];
static _Atomic(unsigned int) in_force; /* written under the lock */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* The one being edited. */
static struct table *draft(void)
{
	/* Relaxed: we have the lock. */
	return &tables[!atomic_load_explicit(&in_force, memory_order_relaxed)];
}

void ranges_begin(struct ranges_edit *edit)
{
	const struct table *from;
	struct table *to;
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &edit->saved);
	pthread_mutex_lock(&lock);

	to = draft();
	from = &tables[to == &tables[0]];
	to->nr_ranges = from->nr_ranges;
	to->nr_entries = from->nr_entries;
	memcpy(to->ranges, from->ranges,
	       from->nr_ranges * sizeof(to->ranges[0]));
	memcpy(to->entries, from->entries,
	       from->nr_entries * sizeof(to->entries[0]));
}

void ranges_abort(const struct ranges_edit *edit)
{
	pthread_mutex_unlock(&lock);
	pthread_sigmask(SIG_SETMASK, &edit->saved, NULL);
}

static void store_hull(uintptr_t low, uintptr_t high)
{
	/* Relaxed: see ranges_touch(). */
	atomic_store_explicit(&ranges_low, low, memory_order_relaxed);
	atomic_store_explicit(&ranges_high, high, memory_order_relaxed);
}

/* Those of @table which this edit has left without a range. */
static void find_dead(struct ranges_edit *edit, const struct table *table)
{
	const struct table *before = &tables[table == &tables[0]];
	unsigned int n;

	edit->nr_dead = 0;
	for (n = 0; n < table->nr_entries; n++)
		if (table->entries[n].used &&
		    table->entries[n].nr_ranges == 0 &&
		    n < before->nr_entries && before->entries[n].nr_ranges)
			edit->dead[edit->nr_dead++] = (uint16_t)n;
}

void ranges_commit(struct ranges_edit *edit)
{
	const struct table *table = draft();
	uintptr_t old_low =
		atomic_load_explicit(&ranges_low, memory_order_relaxed);
	uintptr_t old_high =
		atomic_load_explicit(&ranges_high, memory_order_relaxed);
	uintptr_t low = UINTPTR_MAX, high = 0;
	unsigned int n;

	for (n = 0; n < table->nr_ranges; n++) {
		if (table->ranges[n].start < low)
			low = table->ranges[n].start;
		if (table->ranges[n].end > high)
			high = table->ranges[n].end;
	}
	find_dead(edit, table);

	/* It is never too small, whenever somebody forks. */
	store_hull(low < old_low ? low : old_low,
		   high > old_high ? high : old_high);
	/* Release: all of it, to the child of a fork(). */
	atomic_store_explicit(&in_force, (unsigned int)(table - tables),
			      memory_order_release);
	store_hull(low, high);

	ranges_abort(edit);
}

static bool overlaps(const struct range *range, uintptr_t addr, uintptr_t end)
{
	return range->start < end && addr < range->end;
}

bool ranges_has(uintptr_t addr, size_t len)
{
	const struct table *table = draft();
	unsigned int n;

	for (n = 0; n < table->nr_ranges; n++)
		if (overlaps(&table->ranges[n], addr, addr + len))
			return true;

	return false;
}

static int range_add(struct table *table, uintptr_t start, uintptr_t end,
		     uint16_t number)
{
	if (table->nr_ranges == RANGES_MAX)
		return -ENOMEM;

	table->ranges[table->nr_ranges++] = (struct range){
		.start = start,
		.end = end,
		.number = number,
	};
	table->entries[number].nr_ranges++;

	return 0;
}

static void range_drop(struct table *table, unsigned int n)
{
	table->entries[table->ranges[n].number].nr_ranges--;
	table->ranges[n] = table->ranges[--table->nr_ranges];
}

int ranges_cut(uintptr_t addr, size_t len)
{
	uintptr_t end = addr + len;
	struct table *table = draft();
	struct range *range;
	unsigned int n = 0;

	while (n < table->nr_ranges) {
		range = &table->ranges[n];
		if (!overlaps(range, addr, end)) {
			n++;
			continue;
		}
		if (range->start < addr && range->end > end &&
		    range_add(table, end, range->end, range->number))
			return -ENOMEM;
		if (range->start < addr) {
			range->end = addr;
			n++;
		} else if (range->end > end) {
			range->start = end;
			n++;
		} else {
			range_drop(table, n);
		}
	}

	return 0;
}

int ranges_add(uintptr_t addr, size_t len, const struct mapping *mapping)
{
	struct table *table = draft();
	unsigned int n = 0;

	/* What we think is there has gone behind our back. */
	if (ranges_cut(addr, len))
		return -ENOMEM;

	while (n < table->nr_entries && table->entries[n].used)
		n++;
	if (n == MAPPINGS_MAX)
		return -ENOMEM;

	if (n == table->nr_entries)
		table->nr_entries++;
	table->entries[n] = (struct entry){ .mapping = *mapping, .used = true };

	return range_add(table, addr, addr + len, (uint16_t)n);
}

int ranges_move(uintptr_t addr, size_t len, uintptr_t to)
{
	struct table *table = draft();
	unsigned int n, nr;
	uintptr_t start, end;

	nr = table->nr_ranges;
	for (n = 0; n < nr; n++) {
		if (!overlaps(&table->ranges[n], addr, addr + len))
			continue;
		start = table->ranges[n].start;
		if (start < addr)
			start = addr;
		end = table->ranges[n].end;
		if (end > addr + len)
			end = addr + len;
		if (range_add(table, to + (start - addr), to + (end - addr),
			      table->ranges[n].number))
			return -ENOMEM;
	}

	return ranges_cut(addr, len);
}

struct mapping ranges_bury(unsigned int number)
{
	struct ranges_edit edit;
	struct mapping mapping;
	struct entry *entry;

	ranges_begin(&edit);
	entry = &draft()->entries[number];
	mapping = entry->mapping;
	entry->used = false;
	ranges_commit(&edit);

	return mapping;
}

void ranges_reset(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;
	const struct table *table;
	unsigned int n;

	/* Another thread of the parent may have held it. */
	memcpy(&lock, &unlocked, sizeof(unlocked));
	/* Acquire: pairs with ranges_commit(). */
	table = &tables[atomic_load_explicit(&in_force, memory_order_acquire)];
	for (n = 0; n < table->nr_entries; n++) {
		if (!table->entries[n].used)
			continue;
		(void)fd_table_reserve(table->entries[n].mapping.fd);
		(void)fd_table_reserve(table->entries[n].mapping.life_fd);
	}
}
