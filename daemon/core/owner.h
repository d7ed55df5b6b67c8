/* SPDX-License-Identifier: MIT */
/*
 * Who owns which mutex, and who waits for which: the graph of threads by which
 * priorities are handed on and deadlocks are seen. One lock guards all of it:
 * it is held for a few steps along a chain. It comes before the lock of a
 * mutex's queue, and after no lock but those of drivers.
 *
 * Stage: any.
 */
#pragma once

#include "stage/pi-mutex.h"

#include <evl/mutex.h>
#include <stdbool.h>

/* Around all below whose name says _locked. */
extern struct pi_mutex owner_lock;

/* @thread owns @kmutex, which nobody does. */
void owner_take_locked(struct evl_kmutex *kmutex, struct evl_thread *thread);
/* Nobody does any more. Who waits is not woken by that. */
void owner_drop_locked(struct evl_kmutex *kmutex);

/* Would a wait of @thread for @kmutex, which has an owner, end? */
bool owner_would_deadlock_locked(const struct evl_kmutex *kmutex,
				 const struct evl_thread *thread);

/* @thread, the caller, joins the queue of @kmutex, to sleep there; it is awake
 * again, for whatever reason, but that its wait ended with -EIDRM. */
void owner_wait_locked(struct evl_kmutex *kmutex, struct evl_thread *thread);
void owner_waited_locked(struct evl_thread *thread);

/* Wake the first who waits for @kmutex. */
void owner_wake_locked(struct evl_kmutex *kmutex);
/* Nobody owns @kmutex or waits for it any more: with -EIDRM. What is in it is
 * not looked at unless it is known to be a mutex. */
void owner_forget_locked(struct evl_kmutex *kmutex);

/* @thread wants @prio of its own. */
void owner_set_prio(struct evl_thread *thread, int prio);
/* Has it any? Of the running thread itself. */
bool owner_holds(const struct evl_thread *thread);
/* @thread is going: what it owns is free, see thread_end(). */
void owner_leave(struct evl_thread *thread, bool orderly);
