/* SPDX-License-Identifier: MIT */
#include <evl/sem.h>

#include "core/wait.h"
#include "kapi/export.h"

#include <errno.h>

EXPORT void evl_init_ksem(struct evl_ksem *ksem, unsigned int value)
{
	*ksem = (struct evl_ksem)EVL_KSEM_INITIALIZER(*ksem, value);
}

EXPORT void evl_destroy_ksem(struct evl_ksem *ksem)
{
	evl_destroy_wait(&ksem->wait);
}

/* Locked. True: there was a unit, which is the caller's now. */
static bool take_unit(struct evl_ksem *ksem)
{
	if (ksem->value == 0)
		return false;

	ksem->value--;

	return true;
}

static int down(struct evl_ksem *ksem, ktime_t timeout, enum evl_tmode mode,
		const void *caller)
{
	unsigned int nr_removals;
	int ret = 0;

	raw_spin_lock(&ksem->wait.lock);
	nr_removals = ksem->wait.nr_removals;

	while (ret == 0 && !take_unit(ksem))
		ret = wait_locked(&ksem->wait, nr_removals, timeout, mode,
				  caller);
	if (ret != -EIDRM)
		raw_spin_unlock(&ksem->wait.lock);

	return ret > 0 ? 0 : ret; /* broadcast */
}

EXPORT int evl_down_timeout(struct evl_ksem *ksem, ktime_t timeout)
{
	return down(ksem, timeout, EVL_ABS, __builtin_return_address(0));
}

EXPORT int evl_down(struct evl_ksem *ksem)
{
	return down(ksem, EVL_INFINITE, EVL_REL, __builtin_return_address(0));
}

EXPORT int evl_trydown(struct evl_ksem *ksem)
{
	bool taken;

	raw_spin_lock(&ksem->wait.lock);
	taken = take_unit(ksem);
	raw_spin_unlock(&ksem->wait.lock);

	return taken ? 0 : -EAGAIN;
}

EXPORT void evl_up(struct evl_ksem *ksem)
{
	raw_spin_lock(&ksem->wait.lock);
	ksem->value++;
	evl_wake_up_head(&ksem->wait);
	raw_spin_unlock(&ksem->wait.lock);
}

EXPORT void evl_broadcast(struct evl_ksem *ksem)
{
	evl_flush_wait(&ksem->wait, EVL_T_BCAST);
}
