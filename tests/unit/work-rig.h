/* SPDX-License-Identifier: MIT */
/*
 * Work items which note when they run, and two queues to put them in, in-band.
 */
#pragma once

#include "inband-rig.h"

#include <linux/completion.h>
#include <linux/workqueue.h>
#include <stdbool.h>

/* An item that stays inside until it is let go, if that is wanted. */
struct item {
	struct work_struct work;
	struct delayed_work dwork;
	bool stays;
	struct completion go;
	int begun, ended;
	int inside; /* now */
};

extern struct item rig_items[4];
extern char rig_order[64]; /* which began, which ended: "a", "A" */
extern struct workqueue_struct *rig_wq, *rig_ordered;

/* In the order, too. */
void rig_note(char c);
/* The function of each item's work. */
void rig_run_work(struct work_struct *work);

/* Fixtures. Teardown lets every item go. */
void rig_setup(void);
void rig_teardown(void);
