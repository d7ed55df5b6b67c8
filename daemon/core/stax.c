/* SPDX-License-Identifier: MIT */
/*
 * Stage exclusion locks. Whoever is the last to leave wakes all who wait, so
 * those on the queue are always of one stage: the one that is kept out.
 */
#include <evl/stax.h>

#include "core/complain.h"
#include "core/wait.h"
#include "kapi/export.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <asm/processor.h>
#include <errno.h>

EXPORT void __evl_init_stax(struct evl_stax *stax, int flags)
{
	evl_init_wait(&stax->wait, &evl_mono_clock, EVL_WAIT_FIFO);
	stax->gate = 0;
	stax->flags = flags;
}

EXPORT void evl_destroy_stax(struct evl_stax *stax)
{
	raw_spin_lock(&stax->wait.lock);
	/* Those who were woken are told when they look again. */
	stax->wait.nr_removals++;
	if (stax->gate < 0)
		evl_flush_wait_locked(&stax->wait, EVL_T_RMID);
	raw_spin_unlock(&stax->wait.lock);
}

/* Locked. */
static bool go_in(struct evl_stax *stax)
{
	int step = running_oob() ? 1 : -1;

	if (stax->gate * step < 0)
		return false;

	stax->gate += step;

	return true;
}

static bool try(struct evl_stax *stax)
{
	bool in;

	raw_spin_lock(&stax->wait.lock);
	in = go_in(stax);
	raw_spin_unlock(&stax->wait.lock);

	return in;
}

static int lock_oob(struct evl_stax *stax, const void *caller)
{
	unsigned int nr_removals;
	int ret = 0;

	raw_spin_lock(&stax->wait.lock);
	nr_removals = stax->wait.nr_removals;
	while (ret == 0 && !go_in(stax))
		ret = wait_locked(&stax->wait, nr_removals, EVL_INFINITE,
				  EVL_REL, caller);
	if (ret != -EIDRM)
		raw_spin_unlock(&stax->wait.lock);

	return ret;
}

static int lock_inband(struct evl_stax *stax)
{
	int ret = 0;

	raw_spin_lock(&stax->wait.lock);
	while (ret == 0 && !go_in(stax))
		ret = wait_queue_sleep((struct wait_queue *)(void *)&stax->wait,
				       DEADLINE_NONE);
	raw_spin_unlock(&stax->wait.lock);

	return ret ? -ERESTARTSYS : 0;
}

/* May whoever is at @caller be in, or wait to be? */
static bool check_caller(bool may_wait, const void *caller)
{
	if (!evl_in_irq() &&
	    (!may_wait || (fiber_current() && pi_mutex_depth == 0)))
		return true;

	complain(caller, "tried to take a stage exclusion lock where it cannot "
			 "sleep");

	return false;
}

EXPORT int evl_lock_stax(struct evl_stax *stax)
{
	const void *caller = __builtin_return_address(0);
	bool spin = running_inband() && stax->flags & EVL_STAX_INBAND_SPIN;

	if (!check_caller(!spin, caller))
		return -EPERM;
	if (running_oob())
		return lock_oob(stax, caller);
	if (!spin)
		return lock_inband(stax);

	while (!try(stax))
		__cpu_relax();

	return 0;
}

EXPORT int evl_trylock_stax(struct evl_stax *stax)
{
	if (!check_caller(false, __builtin_return_address(0)))
		return -EPERM;

	return try(stax) ? 0 : -EAGAIN;
}

EXPORT void evl_unlock_stax(struct evl_stax *stax)
{
	int step = running_oob() ? 1 : -1;
	bool was_in;

	raw_spin_lock(&stax->wait.lock);
	was_in = stax->gate * step > 0;
	if (was_in) {
		stax->gate -= step;
		if (stax->gate == 0)
			evl_flush_wait_locked(&stax->wait, 0);
	}
	raw_spin_unlock(&stax->wait.lock);

	if (!was_in)
		complain(__builtin_return_address(0),
			 "leaves a stage exclusion lock which nobody of its "
			 "stage is in: ignored");
}
