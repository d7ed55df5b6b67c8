/* SPDX-License-Identifier: MIT */
#include "core/file-side.h"

#include "base/map.h"
#include "stage/wait.h"
#include "vfs/file.h"

#include <errno.h>
#include <evl/file.h>
#include <stdlib.h>

struct file_side {
	struct evl_file *efilp;
	unsigned int nr_refs;	 /* drivers' */
	unsigned int nr_leaving; /* fibers in await_refs() */
	struct list_head files;	 /* struct open_file, the latest last */
};

/* Those who leave wait here. Its lock protects all sides, and the map, which
 * workers look at. Both are changed in-band alone, but for the references. */
static struct wait_queue leaving;
static struct map sides; /* struct file_side, by address of the evl_file */

static uint64_t key_of(const struct evl_file *efilp)
{
	return (uintptr_t)efilp;
}

static int add(struct file_side *side)
{
	struct map map = { .size = 0 };
	bool full = map_full(&sides);
	int ret = 0;

	if (full)
		ret = map_grown(&sides, &map);
	if (ret)
		return ret;

	pi_lock(&leaving.lock);
	if (full)
		map_swap(&sides, &map);
	map_insert(&sides, key_of(side->efilp), side);
	pi_unlock(&leaving.lock);
	map_deinit(&map);

	return 0;
}

static struct file_side *side_new(struct evl_file *efilp)
{
	struct file_side *side = calloc(1, sizeof(*side));

	if (side == NULL)
		return NULL;

	side->efilp = efilp;
	INIT_LIST_HEAD(&side->files);
	if (add(side)) {
		free(side);
		return NULL;
	}

	return side;
}

/* Unless somebody has it still. */
static void drop(struct file_side *side)
{
	struct map map = { .size = 0 };

	if (!list_empty(&side->files) || side->nr_leaving)
		return;

	pi_lock(&leaving.lock);
	map_remove(&sides, key_of(side->efilp));
	if (sides.count == 0)
		map_swap(&sides, &map);
	pi_unlock(&leaving.lock);
	map_deinit(&map);
	free(side);
}

/* Locked. */
static struct open_file *latest_of(const struct file_side *side)
{
	return list_empty(&side->files)
		       ? NULL
		       : list_entry(side->files.prev, struct open_file,
				    side_link);
}

static void set_filp(struct evl_file *efilp, struct file *filp)
{
	/* Relaxed: drivers may look at it any time; both files are open. */
	__atomic_store_n(&efilp->filp, filp, __ATOMIC_RELAXED);
}

int file_side_join(struct open_file *of, struct evl_file *efilp)
{
	struct file_side *side = map_find(&sides, key_of(efilp)), *old;

	if (side == NULL)
		side = side_new(efilp);
	if (side == NULL)
		return -ENOMEM;

	pi_lock(&leaving.lock);
	old = of->side;
	if (old)
		list_del(&of->side_link);
	list_add_tail(&of->side_link, &side->files);
	of->side = side;
	set_filp(efilp, &of->filp);
	/* The last one to leave is not the last any more. */
	if (side->nr_leaving)
		wait_queue_flush_locked(&leaving, 0);
	pi_unlock(&leaving.lock);
	/* Its driver has forgotten it, references and all. */
	if (old && old != side)
		drop(old);

	return 0;
}

/* Locked. */
static void await_refs(struct file_side *side)
{
	side->nr_leaving++;
	while (side->nr_refs && list_empty(&side->files))
		wait_queue_sleep_uninterruptible(&leaving, DEADLINE_NONE);
	side->nr_leaving--;
}

void file_side_leave(struct open_file *of, bool alive)
{
	struct file_side *side = of->side;
	struct open_file *other;

	if (side == NULL)
		return;

	pi_lock(&leaving.lock);
	list_del(&of->side_link);
	await_refs(side);
	of->side = NULL;
	other = latest_of(side);
	if ((alive || other) && side->efilp->filp == &of->filp)
		set_filp(side->efilp, other ? &other->filp : NULL);
	pi_unlock(&leaving.lock);
	drop(side);
}

struct open_file *file_side_latest(const struct evl_file *efilp)
{
	const struct file_side *side = map_find(&sides, key_of(efilp));

	return side ? latest_of(side) : NULL;
}

struct evl_file *file_side_get(struct open_file *of)
{
	struct evl_file *efilp = NULL;

	pi_lock(&leaving.lock);
	if (of->side) {
		of->side->nr_refs++;
		efilp = of->side->efilp;
	}
	pi_unlock(&leaving.lock);

	return efilp;
}

void file_side_ref(const struct evl_file *efilp)
{
	struct file_side *side;

	pi_lock(&leaving.lock);
	side = map_find(&sides, key_of(efilp));
	if (side)
		side->nr_refs++;
	pi_unlock(&leaving.lock);
}

void file_side_put(const struct evl_file *efilp)
{
	struct file_side *side;

	pi_lock(&leaving.lock);
	side = map_find(&sides, key_of(efilp));
	if (side && side->nr_refs && --side->nr_refs == 0 && side->nr_leaving)
		wait_queue_flush_locked(&leaving, 0);
	pi_unlock(&leaving.lock);
}

unsigned int file_side_refs(const struct open_file *of)
{
	unsigned int count;

	pi_lock(&leaving.lock);
	count = of->side ? of->side->nr_refs : 0;
	pi_unlock(&leaving.lock);

	return count;
}
