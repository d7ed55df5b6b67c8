/* SPDX-License-Identifier: MIT */
#include "kapi/held.h"

#include "kapi/spinlock.h"
#include "kapi/task.h"
#include "kapi/wait.h"
#include "stage/stage.h"

#include <linux/mutex.h>

__thread struct held_spins held_spins;

void held_spin_remove_any(const struct pi_mutex *lock)
{
	unsigned int nr = held_spins.nr;

	while (nr && held_spins.locks[nr - 1] != lock)
		nr--;
	if (nr == 0)
		return;

	for (; nr < held_spins.nr; nr++)
		held_spins.locks[nr - 1] = held_spins.locks[nr];
	held_spins.nr--;
}

void held_spins_take(struct held_taken *taken)
{
	taken->nr_spins = 0;
	while (held_spins.nr) {
		struct pi_mutex *lock = held_spins.locks[--held_spins.nr];

		taken->spins[taken->nr_spins++] = lock;
		pi_unlock(lock);
	}
}

static struct task_struct *own_task(void)
{
	struct fiber *fiber = fiber_current();

	return fiber ? fiber->task : NULL;
}

void held_mutex_add(struct mutex *lock, unsigned int nr_locked)
{
	struct task_struct *task = own_task();

	if (task && task->nr_mutexes < TASK_NR_MUTEXES)
		task->mutexes[task->nr_mutexes++] =
			(struct task_mutex){ lock, nr_locked };
}

void held_mutex_remove(const struct mutex *lock)
{
	struct task_struct *task = own_task();
	unsigned int kept = 0;

	if (task == NULL)
		return;

	/* More than once, if others have unlocked it for us. */
	for (unsigned int i = 0; i < task->nr_mutexes; i++)
		if (task->mutexes[i].lock != lock)
			task->mutexes[kept++] = task->mutexes[i];
	task->nr_mutexes = kept;
}

bool held_any(void)
{
	const struct task_struct *task = own_task();

	return pi_mutex_depth || (task && task->nr_mutexes);
}

static bool is_on_stack(const void *ptr)
{
	const struct stack *stack = fiber_current()->stack;

	return (uintptr_t)ptr - (uintptr_t)stack->base < stack->size;
}

/* Unless others have unlocked it, and locked it again. True: it was locked. */
static bool unlock(const struct task_mutex *held)
{
	struct mutex *lock = held->lock;
	bool ours;

	spinlock_take(&lock->wait.lock);
	ours = lock->locked && lock->nr_locked == held->nr_locked;
	if (ours) {
		lock->locked = false;
		wake_up_one_locked(&lock->wait);
	}
	spinlock_drop(&lock->wait.lock);

	return ours;
}

void held_mutexes_take(struct held_taken *taken)
{
	struct task_struct *task = own_task();
	const struct task_mutex *held;

	taken->nr_mutexes = 0;
	while (task && task->nr_mutexes) {
		held = &task->mutexes[--task->nr_mutexes];
		if (!is_on_stack(held->lock) && unlock(held))
			taken->mutexes[taken->nr_mutexes++] = held->lock;
	}
}
