/* SPDX-License-Identifier: MIT */
/*
 * In the process of an isolated driver: what is shared between the files about it.
 * It trusts the daemon.
 */
#pragma once

#include "core/poll-head.h"
#include "isolate/port.h"
#include "isolate/wire.h"
#include "stage/oob-source.h"
#include "stage/wait.h"
#include "vfs/request.h"

#include <ev.h>
#include <evl/thread.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct host_file;
struct stack_pool;

/* A slot's call, in private memory. */
struct host_call {
	struct host_lane *lane;
	uint32_t slot;
	bool busy;
	bool broken; /* its sleep is to be, as soon as it has a fiber */
	struct isolate_request asked; /* a copy of it */
	/* In-band: */
	struct vfs_request rq;
	/* Out-of-band: */
	struct fiber *fiber;
	struct task_struct task;
	struct evl_thread self;
	struct host_file *file; /* one reference, while it is in there */
	struct list_head link;	/* who waits for a fiber */
	/* Its fiber sleeps there for a chore, or not. */
	bool chore;
	struct wait_queue chore_wq;
};

struct host_lane {
	unsigned int index;
	struct isolate_port port;
	struct isolate_lane *shared;
	struct host_call *calls; /* owned */
	struct stage *stage;
	ev_io io;
	struct oob_source source;
	/* A worker's: fibers at rest, and calls which wait for one. */
	struct list_head idle, waiting;
	unsigned int nr_fibers;
	bool growing;
	struct irq_work grow;
	struct stage_item grown;
	struct list_head fresh; /* made in-band, handed over by ->grown */
};

struct host_watch {
	struct oob_poll_wait wait;
	struct host_file *file;
};

/* An open file, by its number. */
struct host_file {
	struct wait_queue wq; /* its lock protects what follows, up to: */
	struct open_file *of; /* NULL: none of that number */
	bool closing;
	bool polling;		      /* its oob_poll runs */
	struct host_watch watches[2]; /* named heads, and is going to */
	unsigned int latest;
	bool watching;
	/* Here. */
	_Atomic(bool) posted;
	struct stage_item told;
};

/* host.c */
extern struct isolate_shared *host_shared;
extern const char *host_name;
struct host_lane *host_lane(unsigned int index);
/* Send @msg; the daemon's end is ours. */
void host_send(const struct isolate_message *msg);

/* host-ask.c */
/* Send it and wait for the answer of that type about the same ->node. Its result;
 * those of @fds which came with it are yours, the others -1. -EAGAIN: on no fiber. */
int host_ask(const struct isolate_message *msg,
	     enum isolate_message_type answer, int *fds, unsigned int max_fds);
/* That is one; its descriptors are owned from now on. */
void host_answered(const struct isolate_message *msg, const int *fds,
		   unsigned int nr_fds);

/* host-lane.c */
void host_lanes_start(void);
int host_lane_init(struct host_lane *lane, unsigned int index, int in_bell,
		   int out_bell);
int host_lane_attach(struct host_lane *lane);
void host_say(struct host_lane *lane, enum isolate_word kind, uint32_t index);
/* How the rest of the caller's memory is reached. */
extern const struct user_reach host_inband_reach, host_oob_reach;
struct isolate_slot *host_slot(const struct host_call *call);
void host_answer(struct host_call *call, long result, size_t written);

/* host-inband.c, host-oob.c: begin what @call asks, break it. */
void host_inband_start(struct host_call *call);
void host_oob_start(struct host_call *call);
/* For whom a fiber without a request of the vfs works. */
void host_fill_task(struct host_call *call);
/* host-mmap.c */
void host_mmap_start(struct host_call *call);
void host_oob_set_stacks(struct stack_pool *stacks);
int host_oob_init_lane(struct host_lane *lane);
bool host_oob_free_lane(struct host_lane *lane);

/* host-file.c */
void host_files_start(void);
/* @of is open, by number @index. */
struct host_file *host_file_open(uint32_t index, struct open_file *of);
struct host_file *host_file(uint32_t index);
/* It was released. */
void host_file_close(uint32_t index);
uint32_t host_file_ops(const struct file_operations *fops);
/* With a reference, out-of-band; false: it is none, or not any more. */
bool host_file_get(struct host_file *hf);
void host_file_put(struct host_file *hf);
/* The driver's oob_poll, from whose heads on the daemon is told of events. */
long host_file_poll(struct host_file *hf);

/* host-nodes.c */
void host_nodes_start(void);
struct node *host_node(uint64_t id);

/* host-devices.c */
/* Somebody in the daemon has raised it. Any stage. */
void host_device_raised(uint32_t irq);
