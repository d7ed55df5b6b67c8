/* SPDX-License-Identifier: MIT */
/*
 * A worker as oob.c, which runs it, and oob-source.c, which brings sources to
 * it, see it; nobody else does. It lives from oob_start() to oob_free().
 *
 * Every source of a worker that it has met is either hot or cold, and only the
 * worker moves it: here, inline, since its loop does so too.
 */
#pragma once

#include "stage/oob-source.h"
#include "stage/stage.h"

#include <linux/list.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct oob_worker {
	struct stage stage; /* first: kick_worker() casts */
	char name[16];
	pthread_t thread;
	unsigned int index;
	int cpu; /* -1: not pinned */
	bool fifo;
	sem_t started;
	int epoll_fd; /* owned: kick_fd and every source's fd */
	int kick_fd;  /* owned, eventfd */
	_Atomic(bool) sleeping;
	_Atomic(bool) stopping;
	struct stage_item wake_up; /* for oob_stop() */
	/* The worker's own: */
	struct list_head hot;  /* struct oob_source, polled each round */
	struct list_head cold; /* waited for through epoll_fd */
	uint64_t tick_ns;      /* when the clock was last read, idle */
	uint64_t look_ns;      /* when we last looked for kicks, idle */
	uint32_t lead_ns;      /* see lead.h */
	bool spins;
	bool leads; /* also where nobody spins for others: on the only CPU */
	/* Sources whose other ends may need this CPU. */
	struct list_head guests;
	/* What others are told; NULL: nobody asks. Set in-band. */
	_Atomic(struct oob_presence *) presence;
	/* Whoever adds and removes: */
	_Atomic(unsigned int) nr_sources;
};

static inline void source_make_hot(struct oob_source *source)
{
	source->disarm(source);
	/* Relaxed: for people to look at. */
	atomic_store_explicit(&source->hot, true, memory_order_relaxed);
	list_move_tail(&source->link, &source->worker->hot);
}

/* True: it went cold. False: something had just come. */
static inline bool source_make_cold(struct oob_source *source)
{
	if (!source->arm(source))
		return false;
	/* Relaxed: for people to look at. */
	atomic_store_explicit(&source->hot, false, memory_order_relaxed);
	list_move_tail(&source->link, &source->worker->cold);

	return true;
}
