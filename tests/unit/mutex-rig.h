/* SPDX-License-Identifier: MIT */
/*
 * Threads which lock and unlock mutexes as they are told, one step at a time:
 * kernel threads, and those of applications, whose steps are requests.
 */
#pragma once

#include "thread-rig.h"

#include <evl/mutex.h>

#define NR_ACTORS 6

/* The mutexes tests are about, all of them unlocked. */
extern struct evl_kmutex mutexes[4];

void mutex_rig_setup(void);
void mutex_rig_teardown(void);

/* An actor: on worker @nr % 2, of priority @prio; @user: an application's. */
void actor_start(unsigned int nr, int prio, bool user);
struct evl_thread *actor_thread(unsigned int nr);

/* What evl_lock_kmutex() and its like return, PENDING if it sleeps. */
int actor_lock(unsigned int nr, unsigned int mutex);
int actor_trylock(unsigned int nr, unsigned int mutex);
void actor_unlock(unsigned int nr, unsigned int mutex);
/* What the last one returned, by now. */
int actor_ret(unsigned int nr);
/* Ends a sleep of it, with -EINTR. */
void actor_unblock(unsigned int nr);
/* It ends. @orderly: by itself; or its process was killed. */
void actor_end(unsigned int nr, bool orderly);
