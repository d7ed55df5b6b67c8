/* SPDX-License-Identifier: MIT */
/* Which polling sets are in which. */
#include "core/poll-set.h"

#include "core/file.h"
#include "stage/stage.h"

#include <errno.h>
#include <linux/sched.h>

#define SLICE_FDS  16u	  /* looked at before others have their turn */
#define MAX_VISITS 65536u /* of items: what takes longer is nested too deep */

struct search {
	const struct poll_set *set; /* what is not to be found */
	struct files_struct *files;
	unsigned int nr_visits;
};

/* The descriptors of @set from @next on, up to SLICE_FDS of them. */
static unsigned int list_fds(struct poll_set *set, unsigned int next,
			     unsigned int *fds)
{
	const struct poll_item *item;
	unsigned int count = 0;

	pi_lock(&set->lock);
	for (item = poll_set_item_from(set, next); item && count < SLICE_FDS;
	     item = poll_set_item_from(set, item->fd + 1))
		fds[count++] = item->fd;
	pi_unlock(&set->lock);

	return count;
}

static int search_below(struct search *search, struct poll_set *inner,
			unsigned int level);

static int visit(struct search *search, unsigned int fd, unsigned int level)
{
	struct file *filp;
	struct poll_set *inner;
	int ret = 0;

	if (level == EVL_POLL_MAX_NEST || ++search->nr_visits > MAX_VISITS)
		return -ELOOP;

	/* Closed since it was added: nobody can wait for it. */
	filp = oob_file_get(search->files, fd);
	if (filp == NULL)
		return 0;

	inner = poll_set_behind(filp);
	if (inner == search->set)
		ret = -ELOOP;
	else if (inner)
		ret = search_below(search, inner, level);
	oob_file_put(filp);

	return ret;
}

/* @inner is at @level, what it contains one below. */
static int search_below(struct search *search, struct poll_set *inner,
			unsigned int level)
{
	unsigned int fds[SLICE_FDS], count, next = 0;
	int ret = 0;

	while (ret == 0 && (count = list_fds(inner, next, fds)) > 0) {
		for (unsigned int i = 0; i < count && ret == 0; i++)
			ret = visit(search, fds[i], level + 1);
		next = fds[count - 1] + 1;
		if (count == SLICE_FDS)
			fiber_yield();
	}

	return ret;
}

int poll_set_check_nesting(struct poll_set *set, struct poll_set *inner)
{
	struct search search = { .set = set, .files = current->files };

	return inner == set ? -ELOOP : search_below(&search, inner, 0);
}
