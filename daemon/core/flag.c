/* SPDX-License-Identifier: MIT */
#include <evl/flag.h>

#include "core/wait.h"
#include "kapi/export.h"
#include "kapi/spinlock.h"

#include <errno.h>

EXPORT void evl_init_flag(struct evl_flag *wf)
{
	*wf = (struct evl_flag)EVL_FLAG_INITIALIZER(*wf);
}

EXPORT void evl_destroy_flag(struct evl_flag *wf)
{
	evl_destroy_wait(&wf->wait);
}

static int wait_and_lower(struct evl_flag *wf, ktime_t timeout,
			  enum evl_tmode mode, const void *caller)
{
	unsigned int nr_removals;
	int ret = 0;

	spinlock_take(&wf->wait.lock);
	nr_removals = wf->wait.nr_removals;

	while (!evl_read_flag(wf)) {
		ret = wait_locked(&wf->wait, nr_removals, timeout, mode,
				  caller);
		if (ret == -EIDRM)
			return ret;
		if (ret)
			break;
	}

	spinlock_drop(&wf->wait.lock);

	return ret > 0 ? 0 : ret; /* pulsed */
}

EXPORT int evl_wait_flag_timeout(struct evl_flag *wf, ktime_t timeout,
				 enum evl_tmode mode)
{
	return wait_and_lower(wf, timeout, mode, __builtin_return_address(0));
}

EXPORT int evl_wait_flag(struct evl_flag *wf)
{
	return wait_and_lower(wf, EVL_INFINITE, EVL_REL,
			      __builtin_return_address(0));
}

EXPORT void evl_raise_flag_locked(struct evl_flag *wf)
{
	/* Release: what the caller did before, to evl_read_flag(). */
	__atomic_store_n(&wf->raised, true, __ATOMIC_RELEASE);
	/* One is enough: it looks again before anything can end its wait. */
	evl_wake_up_head(&wf->wait);
}

EXPORT void evl_raise_flag(struct evl_flag *wf)
{
	spinlock_take(&wf->wait.lock);
	evl_raise_flag_locked(wf);
	spinlock_drop(&wf->wait.lock);
}

EXPORT void evl_pulse_flag_locked(struct evl_flag *wf)
{
	evl_flush_wait_locked(&wf->wait, EVL_T_BCAST);
}

EXPORT void evl_pulse_flag(struct evl_flag *wf)
{
	evl_flush_flag(wf, EVL_T_BCAST);
}

EXPORT void evl_flush_flag_locked(struct evl_flag *wf, int reason)
{
	evl_flush_wait_locked(&wf->wait, reason);
}

EXPORT void evl_flush_flag(struct evl_flag *wf, int reason)
{
	evl_flush_wait(&wf->wait, reason);
}
