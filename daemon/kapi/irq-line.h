/* SPDX-License-Identifier: MIT */
/*
 * An interrupt line (linux/irq.h) from inside. Raised on any stage, under its
 * lock; its actions, what drivers requested, are called from the scheduler of
 * the first worker or of the in-band stage, all with ->busy held: that is what
 * keeps them from sleeping, and what who takes an action off waits for.
 *
 * What is raised stays pending while the line is disabled or held back by an
 * action whose thread is to run first.
 */
#pragma once

#include "kapi/irq.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"

#include <linux/cpumask.h>
#include <linux/interrupt.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/workqueue.h>
#include <stdbool.h>

struct irq_line {
	struct pi_mutex lock; /* what follows, up to ->busy */
	unsigned int nr_disabled;
	unsigned int nr_holds;	/* actions which hold it back */
	unsigned int type;	/* IRQ_TYPE_* */
	struct cpumask pending; /* on which CPUs; not of each CPU's: on 0 */
	const void *owner; /* who made a synthetic one; NULL: it is not there */
	bool requested;
	bool oob;
	bool percpu;
	bool posted;	      /* one of the two below is on its way */
	struct irq_tap *taps; /* not owned */
	struct pi_mutex busy; /* actions, and held while they run */
	struct list_head actions;
	struct stage_item to_worker;
	struct irq_work to_inband;
};

/* What a driver requested. Made and freed in-band. */
struct irq_action {
	struct irq_line *line;
	struct list_head link; /* actions */
	irq_handler_t handler;
	irq_handler_t thread_fn;
	unsigned long flags;
	const char *name; /* the driver's, as all above */
	void *dev_id;
	struct work_struct thread;
	bool holds; /* its line, under the lock of that */
	/* In-band: */
	bool running; /* its thread function */
	bool gone;    /* freed when that returns */
};

/* NULL: there is no such number. The line need not be there. */
struct irq_line *irq_line_at(unsigned int irq);
unsigned int irq_line_number(const struct irq_line *line);
/* Locked; in-band, without. */
bool irq_line_is_there(const struct irq_line *line);

/* Add @action, which is the first if @line was not requested. In-band. */
void irq_line_add(struct irq_line *line, struct irq_action *action);
/* It is off, and its handler does not run; its thread function may. In-band,
 * with no lock. */
void irq_line_remove(struct irq_action *action);

/* Until handlers which run now have returned. With a lock held it does not wait:
 * the caller may be one, or one may be after that. Any stage. */
void irq_line_await(struct irq_line *line);

/* The function of ->thread. */
void irq_action_run_thread(struct work_struct *work);
/* Once it is off: nobody knows of it any more, but its thread function may still
 * run, and then it goes when that returns. In-band. */
void irq_action_free(struct irq_action *action);
