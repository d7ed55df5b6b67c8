/* SPDX-License-Identifier: MIT */
#include "mutex-rig.h"

#include <evl/flag.h>

enum step {
	STEP_NONE,
	STEP_LOCK,
	STEP_TRYLOCK,
	STEP_UNLOCK,
	STEP_END,
};

struct actor {
	struct evl_kthread kthread;
	struct rig_app app;
	bool user;
	bool there;
	struct evl_flag go;
	enum step step;
	struct evl_kmutex *mutex;
	int ret;
};

struct evl_kmutex mutexes[4];
static struct actor actors[NR_ACTORS];

static void make_step(struct actor *actor)
{
	enum step step = actor->step;

	actor->step = STEP_NONE;
	if (step == STEP_LOCK)
		actor->ret = evl_lock_kmutex(actor->mutex);
	else if (step == STEP_TRYLOCK)
		actor->ret = evl_trylock_kmutex(actor->mutex);
	else if (step == STEP_UNLOCK)
		evl_unlock_kmutex(actor->mutex);
}

static void act(void *arg)
{
	struct actor *actor = arg;

	while (actor->step != STEP_END) {
		make_step(actor);
		if (evl_wait_flag(&actor->go))
			return;
	}
}

/* One request. */
static void act_once(void *arg)
{
	make_step(arg);
}

void mutex_rig_setup(void)
{
	rig_setup();
	for (int i = 0; i < 4; i++)
		evl_init_kmutex(&mutexes[i]);
	for (unsigned int i = 0; i < NR_ACTORS; i++)
		actors[i].there = false;
}

void mutex_rig_teardown(void)
{
	for (unsigned int i = 0; i < NR_ACTORS; i++)
		if (actors[i].there && !actors[i].user)
			rig_stop(&actors[i].kthread);
	rig_teardown();
}

void actor_start(unsigned int nr, int prio, bool user)
{
	struct actor *actor = &actors[nr];

	actor->user = user;
	actor->there = true;
	actor->step = STEP_NONE;
	evl_init_flag(&actor->go);
	if (user)
		rig_app(&actor->app, nr % 2, act_once, actor, prio);
	else
		ck_assert_int_eq(
			rig_run(&actor->kthread, nr % 2, act, actor, prio), 0);
}

struct evl_thread *actor_thread(unsigned int nr)
{
	struct actor *actor = &actors[nr];

	return actor->user ? &actor->app.thread : &actor->kthread.thread;
}

static void order(unsigned int nr, enum step step, struct evl_kmutex *mutex)
{
	struct actor *actor = &actors[nr];

	actor->step = step;
	actor->mutex = mutex;
	actor->ret = PENDING;
	if (actor->user) {
		rig_app_again(&actor->app, act_once, actor);
	} else {
		evl_raise_flag(&actor->go);
		rig_step();
	}
}

int actor_lock(unsigned int nr, unsigned int mutex)
{
	order(nr, STEP_LOCK, &mutexes[mutex]);

	return actors[nr].ret;
}

int actor_trylock(unsigned int nr, unsigned int mutex)
{
	order(nr, STEP_TRYLOCK, &mutexes[mutex]);

	return actors[nr].ret;
}

void actor_unlock(unsigned int nr, unsigned int mutex)
{
	order(nr, STEP_UNLOCK, &mutexes[mutex]);
}

int actor_ret(unsigned int nr)
{
	return actors[nr].ret;
}

void actor_unblock(unsigned int nr)
{
	evl_unblock_thread(actor_thread(nr), T_BREAK);
	rig_step();
}

void actor_end(unsigned int nr, bool orderly)
{
	struct actor *actor = &actors[nr];

	actor->there = false;
	if (actor->user) {
		rig_app_end(&actor->app, orderly);
		return;
	}

	ck_assert(orderly);
	actor->step = STEP_END;
	evl_raise_flag(&actor->go);
	rig_step();
}
