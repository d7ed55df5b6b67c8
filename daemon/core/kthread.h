/* SPDX-License-Identifier: MIT */
/*
 * Kernel threads: fibers of a worker which run a function of a driver's
 * (<evl/thread.h>). Made, and buried when their function has returned, in-band.
 */
#pragma once

#include "core/thread-element.h"

#include <evl/thread.h>
#include <linux/sched.h>
#include <stdbool.h>
#include <stdint.h>

struct fiber;
struct module;
struct stack_pool;

/* What the core has of one. */
struct kernel_thread {
	struct thread_element te; /* first: it goes by free() */
	struct fiber *fiber;	  /* owned until it is buried */
	struct task_struct task;
	const struct module *mod; /* whose function it runs; may be NULL */
	const char *driver;
};

/*
 * Their stacks come from @stacks. Those which a driver leaves behind when it
 * ends are stopped, and the log names them; one which does not end within a
 * second, either, runs on. In-band, before any driver.
 */
void kthread_init(struct stack_pool *stacks);

/* The kernel thread @thread is part of, NULL: it is an application's. */
struct evl_kthread *kthread_of(struct evl_thread *thread);

/* For thread.c. On its worker: let it run. */
void kthread_start(struct evl_thread *thread);
/* From itself: it ends here. */
_Noreturn void kthread_exit(struct evl_kthread *kthread);

/* NULL: it has ended, or never began. Any stage. */
struct kernel_thread *kthread_core(const struct evl_kthread *kthread);
/* Sleep until it has. From a fiber. 0, -ETIMEDOUT, or -EINTR if
 * @interruptible. */
int kthread_await(const struct evl_kthread *kthread, uint64_t deadline,
		  bool interruptible);

/* The driver has ended: see kthread_init(). How many were stopped. In-band, from
 * a fiber. */
unsigned int kthread_stop_those_of(struct module *mod);
/* Has it any? In-band. */
bool kthread_any_of(const struct module *mod);

/* How many there are. In-band. */
unsigned int kthread_count(void);

/* For people to look at: the one with the first minor from @first up. In-band.
 * False: there is none. */
struct kthread_info {
	unsigned int minor;
	const char *name, *driver; /* borrowed */
	int cpu, prio;		   /* -1: not pinned */
	uint32_t state;		   /* EVL_T_* */
	uint64_t stack_used;
};
bool kthread_query(unsigned int first, struct kthread_info *r_info);
