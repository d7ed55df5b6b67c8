/* SPDX-License-Identifier: MIT */
#include "vfs/turn.h"

#include "stage/clock.h"
#include "stage/wait.h"
#include "vfs/complaint.h"

#include <errno.h>

#define PATIENCE_NS UINT64_C(10000000000)

static bool taken;
static const char *about; /* NULL: no driver yet */
static struct wait_queue turns = {
	.order = WAIT_FIFO,
	.waiters = LIST_HEAD_INIT(turns.waiters),
};

int turn_take(void)
{
	uint64_t deadline = clock_ns() + PATIENCE_NS;
	int ret = 0;

	pi_lock(&turns.lock);
	while (taken && ret != -ETIMEDOUT)
		ret = wait_queue_sleep_uninterruptible(&turns, deadline);
	if (taken) {
		pi_unlock(&turns.lock);
		complain("driver %s is still being loaded or unloaded, and "
			 "others have to wait for that: mend its init or exit "
			 "function",
			 about ? about : "(none)");
		return -EBUSY;
	}
	taken = true;
	pi_unlock(&turns.lock);
	complaint_clear();

	return 0;
}

void turn_about(const char *name)
{
	about = name;
}

void turn_give(void)
{
	pi_lock(&turns.lock);
	taken = false;
	about = NULL;
	wait_queue_wake_locked(&turns, NULL, 0);
	pi_unlock(&turns.lock);
}
