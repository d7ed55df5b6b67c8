/* SPDX-License-Identifier: MIT */
#include <linux/completion.h>

#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/spinlock.h"
#include "kapi/wait.h"
#include "stage/wait.h"

#include <limits.h>

#define DONE_FOR_ALL UINT_MAX

EXPORT void complete(struct completion *x)
{
	spinlock_take(&x->wait.lock);
	if (x->done != DONE_FOR_ALL)
		/* Release: what was done, to completion_done(). */
		__atomic_store_n(&x->done, x->done + 1, __ATOMIC_RELEASE);
	wake_up_one_locked(&x->wait);
	spinlock_drop(&x->wait.lock);
}

EXPORT void complete_all(struct completion *x)
{
	spinlock_take(&x->wait.lock);
	/* Release: as above. */
	__atomic_store_n(&x->done, DONE_FOR_ALL, __ATOMIC_RELEASE);
	wake_up_locked(&x->wait);
	spinlock_drop(&x->wait.lock);
}

static void count_waiter_locked(struct completion *x)
{
	if (x->done != DONE_FOR_ALL)
		/* Relaxed: what was done is known to us, and to us alone. */
		__atomic_store_n(&x->done, x->done - 1, __ATOMIC_RELAXED);
}

/* The jiffies left, 0 if none is, or -errno. */
static long wait_done(struct completion *x, unsigned long timeout,
		      bool interruptible)
{
	long limit = timeout > LONG_MAX ? LONG_MAX : (long)timeout;
	u64 start = get_jiffies_64();
	int ret = 0;

	golden_rule_note(BREACH_WAIT, "wait_for_completion");
	spinlock_take(&x->wait.lock);
	while (x->done == 0 && ret == 0)
		ret = wait_sleep_locked(&x->wait, wait_deadline(start, limit),
					interruptible);
	if (x->done) {
		count_waiter_locked(x);
		ret = 0;
	}
	spinlock_drop(&x->wait.lock);

	if (ret)
		return ret == -ETIMEDOUT ? 0 : ret;

	return __wait_left(start, limit);
}

EXPORT unsigned long wait_for_completion_timeout(struct completion *x,
						 unsigned long timeout)
{
	long left = wait_done(x, timeout, false);

	return left < 0 ? 0 : (unsigned long)left;
}

EXPORT long wait_for_completion_interruptible_timeout(struct completion *x,
						      unsigned long timeout)
{
	return wait_done(x, timeout, true);
}

EXPORT bool try_wait_for_completion(struct completion *x)
{
	bool done;

	spinlock_take(&x->wait.lock);
	done = x->done != 0;
	if (done)
		count_waiter_locked(x);
	spinlock_drop(&x->wait.lock);

	return done;
}
