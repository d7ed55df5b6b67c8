/* SPDX-License-Identifier: MIT */
/*
 * What a driver which is going has left with the kapi: whatever makes its code
 * run again. Each of these takes back what @mod has of its kind, NULL for
 * nobody's, and returns how much that was; nothing of it runs when they return,
 * unless they say that it runs on. In the file of the service.
 *
 * Stage: in-band, from a fiber.
 */
#pragma once

#include <stdbool.h>

struct module;

/* Threads of <linux/kthread.h>: they are told to stop, and get a second for it;
 * the log names them. */
unsigned int kthread_unload(struct module *mod);
bool kthread_runs_on(const struct module *mod);

/* Items of workqueues, delayed or not: pending ones are cancelled, those which
 * run get a second to end. */
unsigned int work_unload(struct module *mod);
bool work_runs_on(const struct module *mod);

/* Interrupts which it has requested, and numbers of synthetic ones. What runs
 * of their threads is a work item. */
unsigned int irq_unload(struct module *mod);

/* Timers of <linux/timer.h> and <linux/hrtimer.h>. */
unsigned int timer_unload(struct module *mod);
unsigned int hrtimer_unload(struct module *mod);

/* Registers which it has claimed. */
unsigned int mmio_unload(struct module *mod);
