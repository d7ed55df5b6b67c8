/* SPDX-License-Identifier: MIT */
/*
 * Workqueues from inside. Items wait in lists, under one lock, for anybody
 * queues them; a *runner* is an in-band fiber that takes them from its queue,
 * one after the other, until there is none. Runners are known in-band only.
 * While an item runs nothing of it is touched: it may be gone.
 *
 * Each queueing has a serial number, and who flushes waits for a number.
 */
#pragma once

#include "kapi/workqueue.h"
#include "stage/pi-mutex.h"
#include "stage/timer.h"
#include "stage/wait.h"

#include <linux/irq_work.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <stdint.h>

struct module;

enum work_state {
	WORK_IDLE,    /* it may run all the same */
	WORK_DELAYED, /* its timer is set; in the list of those */
	WORK_QUEUED,  /* in its queue's list */
	WORK_AGAIN,   /* in the list of who runs it now */
};

struct workqueue_struct {
	char name[TASK_COMM_LEN];
	unsigned int max_runners;
	bool draining; /* under the lock, as what follows */
	struct list_head items;
	unsigned int nr_items;
	struct list_head link; /* queues */
	/* In-band: */
	unsigned int nr_runners, nr_idle; /* the latter have no item yet */
	struct irq_work kick;
	struct stage_timer retry;
};

/* A fiber which runs items; on its own stack. */
struct runner {
	struct list_head link; /* runners */
	struct workqueue_struct *wq;
	struct fiber *fiber;
	struct task_struct task;
	const struct work_struct *item; /* that runs; not to be looked into */
	work_func_t func;
	const void *whose; /* the function of the driver's in it */
	uint64_t serial;
	struct list_head again; /* items which wait for it to end; locked */
};

/* Who waits: for queueing @serial or, in all of @wq, for those up to it. */
struct flusher {
	struct list_head link; /* flushers, locked */
	struct workqueue_struct *wq;
	uint64_t serial;
	bool done;
	struct wait_queue sleep;
};

/* All there is; under the lock, but runners may be looked at in-band. */
struct works {
	struct pi_mutex lock;
	struct list_head runners;
	struct list_head flushers;
	struct list_head delayed; /* items, as those of queues */
	struct list_head queues;  /* but for the system's */
	uint64_t last_serial;
	const struct module *going; /* whose items are not taken */
	struct wait_queue ends;	    /* who waits for any item to end */
};
extern struct works works;

/* The system's queues, NULL at the end. */
extern struct workqueue_struct *const work_system_queues[];

/* The driver's function in @work. Locked. */
const void *work_whose(const struct work_struct *work);

/* Who runs @work, NULL: nobody. In-band. */
struct runner *work_runner_of(const struct work_struct *work);
/* Which runner the calling fiber is, NULL: none. In-band. */
struct runner *work_runner_self(void);

void work_set_state(struct work_struct *work, enum work_state state);
/* Off the list it is in. Locked. */
void work_unlink(struct work_struct *work);
/* The same for who cancels it; true if it was on one. Locked. */
bool work_take_off(struct work_struct *work);
bool work_take_off_delayed(struct delayed_work *dwork);

/* Queueing @serial has come to its end. Locked. */
void work_finish(uint64_t serial);
/* Is anything of @wq left up to @serial? In-band, locked. */
bool work_has_left(const struct workqueue_struct *wq, uint64_t serial);
/* Those who wait for queues look again. In-band, locked. */
void work_check_flushers(void);

/* May the caller wait for items? */
bool work_may_wait(void);
/* Not for oneself, that would be for ever. */
bool work_is_self(const struct runner *runner);
/* Sleep until @flusher, which says what for, is done. Locked, and on return. */
void work_await(struct flusher *flusher);
