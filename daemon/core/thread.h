/* SPDX-License-Identifier: MIT */
/*
 * The element that stands for an attached thread of a client. The element is
 * made like any other; the server attaches it to a thread and a slot, and
 * detaches it when that thread leaves or its process dies.
 */
#pragma once

#include "core/element.h"

#include <stdbool.h>
#include <sys/types.h>

struct evl_thread {
	struct evl_element element; /* first */
	bool attached;
	bool gone; /* was attached once; its files answer -ESTALE */
	pid_t pid, tid;
	int policy, prio; /* in-band ones, when it attached */
};

int thread_init(unsigned int max_elements);
void thread_exit(void);

/* The thread behind @filp, NULL if that is something else. In-band. */
struct evl_thread *thread_behind(struct file *filp);

/* The attachment holds the element, too. -EBUSY: it is, or was, attached. */
int thread_attach(struct evl_thread *thread, pid_t pid, pid_t tid);
void thread_detach(struct evl_thread *thread);
/* Is the thread it stands for gone, or on its way? */
bool thread_is_dying(const struct evl_thread *thread);
/* Undo thread_attach(): no slot was to be had, it may be tried again. */
void thread_abandon(struct evl_thread *thread);
