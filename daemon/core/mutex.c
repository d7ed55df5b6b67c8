/* SPDX-License-Identifier: MIT */
/* The mutexes of <evl/mutex.h>; what becomes of priorities is in owner.c. */
#include <evl/mutex.h>

#include "core/complain.h"
#include "core/owner.h"
#include "core/thread.h"
#include "core/wait.h"
#include "kapi/export.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <errno.h>

EXPORT void evl_init_kmutex(struct evl_kmutex *kmutex)
{
	pi_lock(&owner_lock);
	owner_forget_locked(kmutex);
	*kmutex = (struct evl_kmutex)EVL_KMUTEX_INITIALIZER(*kmutex);
	pi_unlock(&owner_lock);
}

EXPORT void evl_destroy_kmutex(struct evl_kmutex *kmutex)
{
	pi_lock(&owner_lock);
	owner_forget_locked(kmutex);
	kmutex->wait.nr_removals++;
	pi_unlock(&owner_lock);
}

/* Nobody has it: here it is, unless there is something to be told. */
static int take_locked(struct evl_kmutex *kmutex, struct evl_thread *thread)
{
	if (kmutex->owner_died) {
		kmutex->owner_died = false;
		/* The caller leaves without unlocking it. */
		owner_wake_locked(kmutex);
		return -EOWNERDEAD;
	}

	owner_take_locked(kmutex, thread);

	return 0;
}

/* Sleep until it may be free. The graph is unlocked meanwhile. */
static int await_locked(struct evl_kmutex *kmutex, struct evl_thread *thread,
			unsigned int nr_removals)
{
	struct fiber *fiber = thread->fiber;
	int ret;

	/* Woken, overtaken, then it was destroyed: see wait_locked(). */
	if (kmutex->wait.nr_removals != nr_removals)
		return -EIDRM;
	if (fiber->broken)
		return -EINTR;

	owner_wait_locked(kmutex, thread);
	pi_unlock(&owner_lock);
	thread_set(thread, EVL_T_PEND);
	ret = wait_queue_commit(DEADLINE_NONE);
	thread_clear(thread, EVL_T_PEND);
	pi_lock(&owner_lock);
	owner_waited_locked(thread);

	return ret;
}

static int lock_locked(struct evl_kmutex *kmutex, struct evl_thread *thread)
{
	unsigned int nr_removals = kmutex->wait.nr_removals;
	int ret;

	while (kmutex->owner) {
		if (owner_would_deadlock_locked(kmutex, thread))
			return -EDEADLK;
		ret = await_locked(kmutex, thread, nr_removals);
		if (ret)
			return ret;
	}

	return take_locked(kmutex, thread);
}

EXPORT int evl_lock_kmutex(struct evl_kmutex *kmutex)
{
	struct evl_thread *thread = thread_running();
	int ret;

	if (!wait_permitted(__builtin_return_address(0), 0) || thread == NULL)
		return -EPERM;

	pi_lock(&owner_lock);
	ret = lock_locked(kmutex, thread);
	pi_unlock(&owner_lock);

	return ret;
}

static int trylock_locked(struct evl_kmutex *kmutex, struct evl_thread *thread)
{
	if (kmutex->owner)
		return kmutex->owner == thread ? -EDEADLK : -EBUSY;

	return take_locked(kmutex, thread);
}

EXPORT int evl_trylock_kmutex(struct evl_kmutex *kmutex)
{
	struct evl_thread *thread = thread_running();
	int ret;

	if (thread == NULL) {
		complain(__builtin_return_address(0),
			 "locks a mutex where no EVL thread runs");
		return -EPERM;
	}

	pi_lock(&owner_lock);
	ret = trylock_locked(kmutex, thread);
	pi_unlock(&owner_lock);

	return ret;
}

EXPORT void evl_unlock_kmutex(struct evl_kmutex *kmutex)
{
	const struct evl_thread *thread = evl_current();
	bool is_owner;

	pi_lock(&owner_lock);
	is_owner = thread && kmutex->owner == thread;
	if (is_owner) {
		owner_drop_locked(kmutex);
		owner_wake_locked(kmutex);
	}
	pi_unlock(&owner_lock);

	if (!is_owner)
		complain(__builtin_return_address(0),
			 "unlocks a mutex for who has not locked it: ignored");
}
