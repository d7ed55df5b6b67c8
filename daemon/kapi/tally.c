/* SPDX-License-Identifier: MIT */
#include "kapi/tally.h"

#include "base/error.h"
#include "kapi/image.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct tally tally_own = { .name = "evl" };

/* Owned, the newest first: loaded again, a driver has another one. */
static _Atomic(struct tally *) tallies;

static struct tally *newest(void)
{
	/* Acquire: pairs with tally_add(). */
	return atomic_load_explicit(&tallies, memory_order_acquire);
}

static struct tally_sins *lent;

void tally_lend_sins(struct tally_sins *sins)
{
	lent = sins;
}

int tally_add(const char *name, const void *addr)
{
	struct tally *tally = calloc(1, sizeof(*tally));

	if (tally == NULL)
		return err_origin(-ENOMEM);

	tally->name = name;
	tally->image = image_at((uintptr_t)addr);
	atomic_init(&tally->sins, lent);
	tally->next = newest();
	/* Release: the tally, to newest(). */
	atomic_store_explicit(&tallies, tally, memory_order_release);

	return 0;
}

struct tally *tally_of(const char *name)
{
	struct tally *tally;

	for (tally = name ? newest() : NULL; tally; tally = tally->next)
		if (strcmp(tally->name, name) == 0)
			return tally;

	return &tally_own;
}

struct tally *tally_at(const void *addr)
{
	const struct image *image = image_at((uintptr_t)addr);
	struct tally *tally;

	for (tally = image ? newest() : NULL; tally; tally = tally->next)
		if (tally->image == image)
			return tally;

	return NULL;
}

/* Relaxed, all of it: for people to look at. */
static void add_count(_Atomic(uint64_t) *to, _Atomic(uint64_t) *from)
{
	atomic_fetch_add_explicit(
		to, atomic_load_explicit(from, memory_order_relaxed),
		memory_order_relaxed);
}

void tally_set_sins(const char *name, struct tally_sins *sins)
{
	struct tally *tally = tally_of(name);
	struct tally_sins *from = tally_sins(tally);
	struct tally_sins *to = sins ? sins : &tally->own_sins;

	if (tally == &tally_own || from == to)
		return;

	for (unsigned int i = 0; i < NR_BREACHES; i++)
		add_count(&to->nr_breaches[i], &from->nr_breaches[i]);
	add_count(&to->nr_hogs, &from->nr_hogs);
	/* Release: the counts, to tally_sins(). */
	atomic_store_explicit(&tally->sins, to, memory_order_release);
}

bool tally_first(struct tally *tally, uint64_t key)
{
	uint64_t there;

	for (unsigned int i = 0; i < TALLY_TOLD; i++) {
		there = 0;
		/* Relaxed: a key is there for good. */
		if (atomic_compare_exchange_strong_explicit(
			    &tally->told[i], &there, key, memory_order_relaxed,
			    memory_order_relaxed))
			return true;
		if (there == key)
			return false;
	}

	return false;
}
