/* SPDX-License-Identifier: MIT */
/*
 * A worker as the core sees it, a struct evl_rq to drivers: where its threads
 * run, and its timers. Made in-band at start, before any driver, and
 * there until the daemon ends.
 */
#pragma once

#include "stage/alarm.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"

#include <evl/sched.h>
#include <linux/list.h>
#include <stdbool.h>

struct evl_rq {
	struct stage *stage;
	int cpu; /* -1: not pinned */
	/* Timers, see timer.c: */
	struct alarm_queue shots;
	const void *handler; /* the function of ->shots.running, locked */
	struct list_head
		others;	      /* timers of clocks which may be set; as those */
	struct pi_mutex busy; /* held while a timer's function runs */
	/* Threads of which something is asked, see thread.c: */
	struct pi_mutex asked_lock; /* what follows, and who is in it */
	struct list_head asked;	    /* struct evl_thread */
	struct stage_item grant;
	bool granting; /* that is on its way */
};

/* One for @stage. -ENOSPC: there are 64. */
int rq_add(struct stage *stage, int cpu);
void rq_remove_all(void);

/* The @n'th, NULL at the end. */
struct evl_rq *rq_nth(unsigned int n);
/* That of @stage, NULL: it is no worker's. Any stage. */
struct evl_rq *rq_of_stage(const struct stage *stage);
/* That of @cpu, NULL: no worker is pinned there. */
struct evl_rq *rq_of_cpu(int cpu);
