/* SPDX-License-Identifier: MIT */
/*
 * The out-of-band stage: real-time workers, each a thread of its own, pinned
 * and SCHED_FIFO where allowed. A worker polls its hot sources, runs timers and
 * fibers, and sleeps in one place, its own idle wait. It never allocates.
 */
#pragma once

#include "stage/stage.h"

#include <stdbool.h>
#include <stdint.h>

enum oob_spin {
	OOB_SPIN_NEVER,
	OOB_SPIN_ADAPTIVE,
	OOB_SPIN_ALWAYS,
};

struct oob_config {
	const int *cpus; /* one worker for each; NULL: one worker, CPU chosen */
	unsigned int nr_cpus;
	int priority; /* SCHED_FIFO 1 to 99; 0: do not try */
	enum oob_spin spin;
	uint32_t spin_ns; /* silence after which a source goes cold */
};

struct oob_worker;

/*
 * Where requests come from: a channel. Added and removed in-band, called on
 * the worker.
 */
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
	/* The worker's own: */
	struct list_head link;
	struct oob_worker *worker;
	_Atomic(bool) hot;
	uint64_t silent_since; /* 0: it was not silent when last looked at */
	uint64_t gap_ns;       /* typical silence between requests */
	struct stage_item item;
	void (*removed)(struct oob_source *source);
};

/* Start the workers. What is not allowed (SCHED_FIFO, mlock) is logged, with
 * the remedy, and done without. */
int oob_start(const struct oob_config *config);
void oob_stop(void);

unsigned int oob_nr_workers(void);
struct oob_worker *oob_worker(unsigned int index);
struct stage *oob_worker_stage(struct oob_worker *worker);
unsigned int oob_worker_index(const struct oob_worker *worker);
int oob_worker_cpu(const struct oob_worker *worker); /* -1: not pinned */
/* The one with the fewest sources. In-band. */
struct oob_worker *oob_pick_worker(void);
bool oob_is_realtime(void);
int oob_priority(void); /* asked for */
/* How anybody may spin here: OOB_SPIN_NEVER on one CPU. */
enum oob_spin oob_spin_mode(void);
uint32_t oob_spin_ns(void);

/* Attach @source to @worker: cold, armed. In-band. */
int oob_source_add(struct oob_worker *worker, struct oob_source *source);
/* Take it off again, in-band or on its worker, which calls @removed when it is
 * done. */
void oob_source_remove(struct oob_source *source,
		       void (*removed)(struct oob_source *source));
