/* SPDX-License-Identifier: MIT */
/*
 * A source is where a worker's requests come from: a channel. It belongs to
 * one worker from oob_source_add() until @removed was called, and never moves
 * to another. Hot, the worker polls it each round; cold, its descriptor has to
 * fire first. Added and removed in-band, called on the worker.
 */
#pragma once

#include "stage/stage.h"

#include <linux/list.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct oob_worker;

struct oob_source {
	int fd; /* readable (edge-triggered) when a cold source wants us */
	/* Look for requests; start their fibers. Returns how many were found. */
	unsigned int (*poll)(struct oob_source *source);
	/* We are about to sleep: ask to be woken. False: something came. */
	bool (*arm)(struct oob_source *source);
	/* Awake again. */
	void (*disarm)(struct oob_source *source);
	/* May we spin for it, or does who rings need this very CPU? */
	bool (*may_spin)(struct oob_source *source);
	/* Does its other end, which is less urgent, need this very CPU now (@now
	 * 0: if that is to be seen without a clock)? May be NULL: never. */
	bool (*needs_cpu)(struct oob_source *source, uint64_t now);
	/* The worker's own: */
	struct list_head link;
	struct list_head guest_link; /* if it has @needs_cpu */
	struct oob_worker *worker;
	_Atomic(bool) hot;
	uint64_t silent_since; /* 0: it was not silent when last looked at */
	uint64_t gap_ns;       /* typical silence between requests */
	struct stage_item item;
	void (*removed)(struct oob_source *source);
};

/* The one with the fewest sources. In-band. */
struct oob_worker *oob_pick_worker(void);

/* Attach @source to @worker: cold, armed. In-band. */
int oob_source_add(struct oob_worker *worker, struct oob_source *source);
/* Take it off again, in-band or on its worker, which calls @removed when it is
 * done. */
void oob_source_remove(struct oob_source *source,
		       void (*removed)(struct oob_source *source));
