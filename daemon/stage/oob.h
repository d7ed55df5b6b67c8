/* SPDX-License-Identifier: MIT */
/*
 * The out-of-band stage: real-time workers, each a thread of its own, pinned
 * and SCHED_FIFO where allowed. A worker polls its hot sources (oob-source.h),
 * runs timers and fibers, and sleeps in one place, its own idle wait. It never
 * allocates.
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

#define OOB_MAX_WORKERS 64

struct oob_config {
	const int *cpus; /* one worker for each; NULL: one worker, CPU chosen */
	unsigned int nr_cpus;
	int priority; /* SCHED_FIFO 1 to 99; 0: do not try */
	enum oob_spin spin;
	uint32_t spin_ns; /* silence after which a source goes cold */
};

struct oob_worker;

/* Start the workers. What is not allowed (SCHED_FIFO, mlock) is logged, with
 * the remedy, and done without. */
int oob_start(const struct oob_config *wanted);
/* End their threads. False: one of them runs something which does not give way,
 * even after a while. It is left to itself, with all it may use. */
bool oob_stop(void);
/* They have ended: what is known of them is there until now. */
void oob_free(void);

unsigned int oob_nr_workers(void);
struct oob_worker *oob_worker(unsigned int index);
struct stage *oob_worker_stage(struct oob_worker *worker);
unsigned int oob_worker_index(const struct oob_worker *worker);
int oob_worker_cpu(const struct oob_worker *worker); /* -1: not pinned */
bool oob_is_realtime(void);

/*
 * What a worker tells of itself to a more urgent one on its CPU, of another process:
 * in memory they share. That one spins only if this has nothing to do.
 */
struct oob_presence {
	_Atomic(uint32_t) awake; /* or was woken */
	uint32_t reserved;
	_Atomic(uint64_t) date; /* when it will be, if it is not */
};

/* From now on @worker tells @presence, which lives as long as it does. In-band. */
void oob_worker_publish(struct oob_worker *worker,
			struct oob_presence *presence);
/* There is no other: while a worker is busy nothing else runs. */
bool oob_has_sole_cpu(void);
int oob_priority(void); /* asked for */
/* How anybody may spin here: OOB_SPIN_NEVER on one CPU. */
enum oob_spin oob_spin_mode(void);
uint32_t oob_spin_ns(void);
