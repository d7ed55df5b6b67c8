/* SPDX-License-Identifier: MIT */
/*
 * Placing sources: which worker gets one, how it comes there and how it goes.
 * What a worker does with those it has is in oob.c.
 */
#include "stage/oob-source.h"

#include "base/error.h"
#include "stage/oob-worker.h"
#include "stage/oob.h"
#include "stage/own-call.h"

#include <errno.h>
#include <sys/epoll.h>

static unsigned int nr_sources(const struct oob_worker *worker)
{
	/* Relaxed: any worker is right, one is better. */
	return atomic_load_explicit(&worker->nr_sources, memory_order_relaxed);
}

struct oob_worker *oob_pick_worker(void)
{
	struct oob_worker *best = oob_worker(0);

	for (unsigned int i = 1; i < oob_nr_workers(); i++)
		if (nr_sources(oob_worker(i)) < nr_sources(best))
			best = oob_worker(i);

	return best;
}

static void add_here(struct stage_item *item)
{
	struct oob_source *source = container_of(item, struct oob_source, item);

	if (source->needs_cpu)
		list_add(&source->guest_link, &source->worker->guests);

	/* Kicked before we came here: take_events() has put it among the hot
	 * ones already. */
	if (!list_empty(&source->link))
		return;

	list_add_tail(&source->link, &source->worker->hot);
	if (!source_make_cold(source))
		source_make_hot(source);
}

int oob_source_add(struct oob_worker *worker, struct oob_source *source)
{
	struct epoll_event event = {
		.events = EPOLLIN | EPOLLET,
		.data.ptr = source,
	};

	source->worker = worker;
	INIT_LIST_HEAD(&source->link);
	source->silent_since = 0;
	source->gap_ns = 0;
	source->item.func = add_here;
	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, source->fd, &event))
		return err_origin(-errno);

	/* Relaxed: see nr_sources(). */
	atomic_fetch_add_explicit(&worker->nr_sources, 1, memory_order_relaxed);
	stage_post(&worker->stage, &source->item);

	return 0;
}

static void remove_here(struct stage_item *item)
{
	struct oob_source *source = container_of(item, struct oob_source, item);

	list_del(&source->link);
	if (source->needs_cpu)
		list_del(&source->guest_link);
	source->removed(source);
}

void oob_source_remove(struct oob_source *source,
		       void (*removed)(struct oob_source *source))
{
	struct oob_worker *worker = source->worker;

	/* From here on no event names it; one that was fetched already is
	 * handled before the worker comes to our item. */
	own_epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
	/* Relaxed: see nr_sources(). */
	atomic_fetch_sub_explicit(&worker->nr_sources, 1, memory_order_relaxed);
	source->removed = removed;
	source->item.func = remove_here;
	stage_post(&worker->stage, &source->item);
}
