/* SPDX-License-Identifier: MIT */
/*
 * The daemon's end of one client's channel: the memory and the eventfd, and in
 * private memory everything we have to believe. Made and freed in-band; while
 * it is live the worker polls it.
 */
#pragma once

#include "kapi/task.h"
#include "stage/oob-source.h"
#include "stage/wait.h"
#include "wire/channel.h"

#include <evl/thread.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define CHANNEL_WATCHED 4 /* slots at a time */

struct client;
struct thread_element;
struct channel;

/*
 *	SETUP -> LIVE		the client has mapped it (channel_go_live)
 *	SETUP, LIVE -> DRAINING	the client left (channel_drain): nothing new is
 *				served, what is being served is broken
 *	DRAINING -> DEAD	the worker has let go of it; freed in-band
 */
enum channel_state {
	CHANNEL_SETUP,
	CHANNEL_LIVE,
	CHANNEL_DRAINING,
	CHANNEL_DEAD,
};

struct slot {
	struct channel *ch;
	unsigned int index;
	struct channel_slot *shared;
	/* In-band: */
	struct thread_element
		*thread;     /* one reference, NULL: the slot is free */
	struct fiber *fiber; /* owned while attached */
	/* Set in-band, cleared on the worker: may requests be taken? */
	_Atomic(bool) open;
	/* The worker's: */
	bool busy;		   /* a request is being served */
	bool detaching;		   /* tell ->detached when it is not */
	uint32_t seq;		   /* of the last request taken */
	struct channel_request rq; /* our copy of it, checked */
	struct task_struct task;   /* of its ->filp one reference */
	struct evl_thread self;	   /* as drivers know it */
	/* The worker's, see chore.c: */
	uint32_t chore; /* the number of the one under way, 0: none */
	uint32_t nr_chores;
	bool deserted;		    /* nobody will do it */
	struct wait_queue chore_wq; /* its fiber */
	/* For people to look at, relaxed: */
	_Atomic(int) busy_fd; /* -1: no request */
	_Atomic(uint32_t) busy_op;
	_Atomic(uint64_t) busy_file; /* its id; 0: in no driver */
	_Atomic(int) cpu;
	_Atomic(uint64_t) nr_requests;
	_Atomic(uint64_t) nr_wakeups;
	/* For whom those from @tallied_from on are, but this one: not in
	 * tally->nr_oob yet. Written by the worker, or at rest. */
	_Atomic(struct tally *) tally;
	_Atomic(uint64_t) tallied_from;
	/* Detaching: */
	struct stage_item item;
	struct irq_work detached;
	struct wait_queue *waiter; /* in-band: who waits for it */
};

struct channel {
	struct client *client;
	uint32_t index;
	enum channel_state state; /* in-band */
	int memfd;		  /* owned */
	void *base;		  /* owned mapping */
	struct oob_source source; /* source.fd is owned, the eventfd */
	struct stage_item item;	  /* draining */
	struct irq_work dead;
	/* Set in-band, before its client loses anything: see serve.c. */
	_Atomic(bool) left;
	bool draining; /* the worker's */
	bool woken;    /* the worker's: it slept before this poll */
	int last_cpu;  /* the worker's: where the last request came from */
	/* The worker's: slots it looks at without being rung, latest last. */
	struct slot *watched[CHANNEL_WATCHED];
	unsigned int nr_watched;
	unsigned int nr_busy;	     /* the worker's */
	unsigned int free_bounces;   /* bitmap, the worker's */
	struct wait_queue bounce_wq; /* fibers which want one */
	struct list_head link;	     /* client->channels */
	struct slot slots[CHANNEL_SLOTS];
};

int channel_new(struct client *client, struct channel **r_ch);
/* The client says it has mapped it: seal it for good, serve it. */
int channel_go_live(struct channel *ch);
/* Serve nothing more and go; the client is told by client_maybe_free(). */
void channel_drain(struct channel *ch);

/* Give @thread a free slot / take it back, waiting for its request to end; both
 * from an in-band fiber. -ENOSPC: all are taken. */
int slot_attach(struct channel *ch, struct thread_element *thread,
		struct slot **r_slot);
void slot_detach(struct slot *slot);
/* Requests for @tally which are not in its nr_oob yet. */
uint64_t slot_nr_tallied(const struct slot *slot, const struct tally *tally);
unsigned int channel_nr_threads(const struct channel *ch);
