/* SPDX-License-Identifier: MIT */
/* The end of kernel threads, as others bring it about and wait for it: drivers,
 * and the core where a driver forgets. */
#include "core/kthread.h"

#include "base/log.h"
#include "core/complain.h"
#include "kapi/export.h"
#include "stage/clock.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <errno.h>

#define PATIENCE_NS NS_PER_SEC

/* May whoever is at @caller wait for a thread? */
static bool may_join(const void *caller)
{
	if (fiber_current() && pi_mutex_depth == 0)
		return true;

	complain(caller, "tried to wait for the end of a kernel thread where "
			 "it cannot sleep: it did not wait");

	return false;
}

EXPORT void evl_stop_kthread(struct evl_kthread *kthread)
{
	const void *caller = __builtin_return_address(0);

	if (kthread_core(kthread) == NULL)
		return;

	evl_cancel_thread(&kthread->thread);
	if (may_join(caller))
		kthread_await(kthread, DEADLINE_NONE, false);
}

static int join(struct evl_kthread *kthread, bool uninterruptible,
		const void *caller)
{
	if (kthread_core(kthread) == NULL)
		return 0;
	if (kthread == evl_current_kthread())
		return -EDEADLK;
	if (!may_join(caller))
		return -EPERM;

	return kthread_await(kthread, DEADLINE_NONE, !uninterruptible);
}

EXPORT int evl_join_kthread(struct evl_kthread *kthread, bool uninterruptible)
{
	return join(kthread, uninterruptible, __builtin_return_address(0));
}

EXPORT int evl_join_thread(struct evl_thread *thread, bool uninterruptible)
{
	struct evl_kthread *kthread = kthread_of(thread);

	if (kthread == NULL)
		return -EINVAL;

	return join(kthread, uninterruptible, __builtin_return_address(0));
}

/* True: it has ended. */
static bool stop_forgotten(const struct kernel_thread *core)
{
	struct evl_kthread *kthread = core->te.kthread;
	const char *name = core->te.element.name;

	log_warn("driver %s left its kernel thread %s behind: have its exit "
		 "function call evl_stop_kthread()",
		 core->driver, name);
	evl_cancel_thread(&kthread->thread);
	if (kthread_await(kthread, clock_ns() + PATIENCE_NS, false) == 0)
		return true;

	log_err("driver %s: its kernel thread %s does not end: have it end "
		"when evl_kthread_should_stop() says so",
		core->driver, name);

	return false;
}

/* The next one of @mod's from minor @first up. */
static struct kernel_thread *next_of(const struct module *mod,
				     unsigned int first)
{
	struct kernel_thread *core;
	struct thread_element *te;

	while ((te = thread_of_kernel(first)) != NULL) {
		core = container_of(te, struct kernel_thread, te);
		if (core->mod == mod)
			return core;
		first = te->element.minor + 1;
	}

	return NULL;
}

unsigned int kthread_stop_those_of(struct module *mod)
{
	unsigned int first = 0, count = 0;
	struct kernel_thread *core;

	while (mod && (core = next_of(mod, first)) != NULL) {
		first = core->te.element.minor + 1;
		count += stop_forgotten(core);
	}

	return count;
}

bool kthread_any_of(const struct module *mod)
{
	return next_of(mod, 0) != NULL;
}
