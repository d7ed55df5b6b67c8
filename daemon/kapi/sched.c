/* SPDX-License-Identifier: MIT */
/*
 * Sleeping by hand, as <linux/sched.h> has it. A task's state is its own to
 * set, anybody's to set back to TASK_RUNNING. Both exchange it, acquire and
 * release: whoever comes second sees what the first one did before, so either
 * the waker finds a state to change, or the sleeper the reason to stay awake.
 */
#include <linux/sched.h>

#include "kapi/export.h"
#include "kapi/task.h"
#include "kapi/wait.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/wait.h"

#include <assert.h>
#include <linux/cpumask.h>
#include <linux/smp.h>
#include <sched.h>

static_assert(sizeof(((struct task_struct *)0)->sleepers) ==
		      sizeof(struct wait_queue),
	      "a task embeds a wait queue");

static struct wait_queue *queue_of(struct task_struct *task)
{
	return (struct wait_queue *)(void *)task->sleepers;
}

static unsigned int set_state(struct task_struct *task, unsigned int state)
{
	return __atomic_exchange_n(&task->__state, state, __ATOMIC_ACQ_REL);
}

static unsigned int state_of(const struct task_struct *task)
{
	/* Acquire: pairs with the exchange of who set it. */
	return __atomic_load_n(&task->__state, __ATOMIC_ACQUIRE);
}

/* For whom the calling fiber works, NULL: nobody that could be woken. */
static struct task_struct *own_task(void)
{
	struct fiber *fiber = fiber_current();

	return fiber ? fiber->task : NULL;
}

EXPORT void set_current_state(unsigned int state)
{
	struct task_struct *task = own_task();

	if (task)
		set_state(task, state);
}

int task_sleep(struct task_struct *task, uint64_t deadline)
{
	struct wait_queue *wq = queue_of(task);
	unsigned int state;
	int ret = 0;

	pi_lock(&wq->lock);
	while (ret == 0 && (state = state_of(task)) != TASK_RUNNING) {
		if (state & TASK_INTERRUPTIBLE)
			ret = wait_queue_sleep(wq, deadline);
		else
			ret = wait_queue_sleep_uninterruptible(wq, deadline);
	}
	pi_unlock(&wq->lock);
	set_state(task, TASK_RUNNING);

	return ret;
}

EXPORT int wake_up_process(struct task_struct *task)
{
	struct wait_queue *wq = queue_of(task);

	if (set_state(task, TASK_RUNNING) == TASK_RUNNING)
		return 0;
	wait_queue_flush(wq, 0);

	return 1;
}

EXPORT void yield(void)
{
	if (!wait_allowed())
		return;
	if (stage_self == &inband_stage)
		inband_give_way();
	else
		fiber_yield();
}

EXPORT void schedule(void)
{
	struct task_struct *task = own_task();

	if (task == NULL || state_of(task) == TASK_RUNNING)
		yield();
	else
		(void)task_sleep(task, DEADLINE_NONE);
}

EXPORT long schedule_timeout(long timeout)
{
	struct task_struct *task = own_task();
	u64 start = get_jiffies_64(), gone;

	if (task == NULL || state_of(task) == TASK_RUNNING)
		yield();
	else
		(void)task_sleep(task, wait_deadline(start, timeout));

	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return timeout;
	gone = get_jiffies_64() - start;

	return timeout > 0 && gone < (u64)timeout ? timeout - (long)gone : 0;
}

EXPORT long schedule_timeout_interruptible(long timeout)
{
	set_current_state(TASK_INTERRUPTIBLE);

	return schedule_timeout(timeout);
}

EXPORT long schedule_timeout_uninterruptible(long timeout)
{
	set_current_state(TASK_UNINTERRUPTIBLE);

	return schedule_timeout(timeout);
}

EXPORT int signal_pending(const struct task_struct *task)
{
	const struct fiber *fiber = fiber_current();

	return fiber && task == task_current() && fiber->broken;
}

EXPORT int set_cpus_allowed_ptr(struct task_struct *task,
				const struct cpumask *mask)
{
	if (!cpumask_intersects(mask, cpu_possible_mask))
		return -EINVAL;
	/* 0 would be the calling thread, which is a whole stage. */
	if (task->pid <= 0)
		return cpumask_test_cpu(smp_processor_id(), mask) ? 0 : -EINVAL;
	if (sched_setaffinity(task->pid, sizeof(*mask),
			      (const cpu_set_t *)(const void *)mask))
		return -errno;

	return 0;
}
