/* SPDX-License-Identifier: MIT */
/*
 * A lane, the daemon's end: calls of a driver which is in another process, made by
 * fibers of one stage. What is here belongs to that stage's thread, but for the end:
 * a dead remote's calls are ended in-band.
 */
#pragma once

#include "isolate/port.h"
#include "isolate/wire.h"
#include "stage/oob-source.h"
#include "stage/wait.h"

#include <ev.h>
#include <linux/irq_work.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct remote;
struct stage;

/* One slot in private memory. */
struct call {
	_Atomic(bool) busy;
	bool done, chore;     /* under wq.lock */
	struct wait_queue wq; /* its fiber */
};

struct lane {
	struct remote *remote;
	unsigned int index; /* 0: in-band */
	struct isolate_port port;
	struct isolate_lane *shared;
	struct stage *stage;
	struct oob_source source; /* of a worker's */
	ev_io io;		  /* of in-band's */
	struct stage_item let_go;
	struct irq_work gone;
	struct call *calls; /* owned */
	uint16_t *free;	    /* owned: free slots, the latest used last */
	unsigned int nr_free;
	struct wait_queue room; /* releases without a slot */
};

/* Half-built ones can be freed. 0 or -errno. */
int lane_init(struct lane *lane, struct remote *remote, unsigned int index);
void lane_deinit(struct lane *lane);

/* Listen to it, on its stage. In-band. */
int lane_attach(struct lane *lane);
/* Its remote is dead: end all calls, and listen no longer. @gone is called then.
 * In-band. */
void lane_detach(struct lane *lane, void (*gone)(struct lane *lane));

/* Is somebody waiting for an answer? In-band; for people, and for a patience. */
bool lane_is_busy(const struct lane *lane);
