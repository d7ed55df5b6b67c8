/* SPDX-License-Identifier: MIT */
/*
 * The element that stands for an attached thread of a client. The element is
 * made like any other; the server attaches it to a thread and a slot, and
 * detaches it when that thread leaves or its process dies.
 *
 * Kernel threads have one each, too, which kthread.c makes.
 */
#pragma once

#include "core/element.h"

#include <evl/thread.h>
#include <stdbool.h>
#include <sys/types.h>

struct thread_element {
	struct evl_element element; /* first */
	bool attached;
	bool gone; /* was attached once; its files answer -ESTALE */
	pid_t pid, tid;
	int policy, prio;	     /* in-band ones, when it attached */
	struct evl_thread *self;     /* as drivers know it, while attached */
	struct evl_kthread *kthread; /* whose it is, while it runs; borrowed */
};

int thread_init(unsigned int max_elements);
void thread_exit(void);

/* The thread behind @filp, NULL if that is something else. In-band. */
struct thread_element *thread_behind(struct file *filp);

/* Add one for a kernel thread, which holds it. It goes by free(), at once if
 * that fails. From a fiber. 0, or as evl_init_user_element() or -ENOMEM. */
int thread_add(struct thread_element *thread, const char *name,
	       unsigned int flags);
/* That of a kernel thread, of the first minor that is @first or above, NULL at
 * the end. */
struct thread_element *thread_of_kernel(unsigned int first);

/* The attached thread @tid, NULL if that is none. In-band. */
struct thread_element *thread_find(pid_t tid);

/* The attachment holds the element, too. -EBUSY: it is, or was, attached. */
int thread_attach(struct thread_element *thread, pid_t pid, pid_t tid);
void thread_detach(struct thread_element *thread);
/* Is the thread it stands for gone, or on its way? */
bool thread_is_dying(const struct thread_element *thread);
/* Undo thread_attach(): no slot was to be had, it may be tried again. */
void thread_abandon(struct thread_element *thread);
