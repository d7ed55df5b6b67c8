/* SPDX-License-Identifier: MIT */
/*
 * The life of a kernel thread. What the core has of one, a struct kernel_thread,
 * is made in-band together with its fiber, and handed to its worker, which
 * starts it. When the function has returned the worker leaves the thread alone
 * for good and sends it back; it is buried in-band, and whoever waits for that
 * looks again: at struct evl_kthread, which is the driver's to free from then
 * on.
 */
#include "core/kthread.h"

#include "base/log.h"
#include "base/map.h"
#include "core/complain.h"
#include "core/owner.h"
#include "core/rq.h"
#include "core/thread-element.h"
#include "core/thread.h"
#include "core/wait.h"
#include "kapi/export.h"
#include "kapi/guard.h"
#include "kapi/task.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/pi-mutex.h"
#include "stage/wait.h"
#include "vfs/leftover.h"
#include "vfs/module.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <linux/sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_CPU INT_MIN

static struct stack_pool *stacks;
/* Those which are there, by their address. In-band. */
static struct map running;
/* Who waits for any thread to be buried. Its lock guards evl_kthread.core. */
static struct wait_queue burials;

struct evl_kthread *kthread_of(struct evl_thread *thread)
{
	if (thread == NULL || thread_state(thread) & EVL_T_USER)
		return NULL;

	return container_of(thread, struct evl_kthread, thread);
}

struct kernel_thread *kthread_core(const struct evl_kthread *kthread)
{
	/* Acquire: pairs with set_core(). */
	return __atomic_load_n(&kthread->core, __ATOMIC_ACQUIRE);
}

/* NULL: it has ended, as far as anybody is concerned. Afterwards its memory may
 * be gone. */
static void set_core(struct evl_kthread *kthread, struct kernel_thread *core)
{
	pi_lock(&burials.lock);
	/* Release: all that was done before, to kthread_core(). */
	__atomic_store_n(&kthread->core, core, __ATOMIC_RELEASE);
	wait_queue_flush_locked(&burials, 0);
	pi_unlock(&burials.lock);
}

/* From a signal handler. */
static void describe(const void *arg, struct guard_call *r_call)
{
	const struct kernel_thread *core = kthread_core(arg);

	*r_call = (struct guard_call){
		.driver = core->driver,
		.op = "kernel thread",
	};
	memcpy(r_call->name, core->task.comm, sizeof(core->task.comm));
}

static void never(void *arg)
{
	abort(); /* it said that it cannot be given up */
}

static const struct guard kthread_guard = {
	.describe = describe,
	.give_up = never,
};

/* In-band: the worker knows nothing of it any more. */
static void bury(struct irq_work *work)
{
	struct evl_kthread *kthread =
		container_of(work, struct evl_kthread, irq_work);
	struct kernel_thread *core = kthread_core(kthread);

	fiber_free(core->fiber, stacks);
	kthread->thread.name = "";
	core->te.kthread = NULL;
	core->te.gone = true;
	map_remove(&running, (uintptr_t)kthread);
	evl_put_element(&core->te.element);
	complete_all(&kthread->done);
	set_core(kthread, NULL);
}

/* From the worker's scheduler: its function has returned. */
static void ended(struct fiber *fiber)
{
	struct evl_kthread *kthread = fiber->arg;

	irq_work_queue(&kthread->irq_work);
}

static void kthread_main(void *arg)
{
	struct evl_kthread *kthread = arg;

	kthread->threadfn(kthread->arg);
	thread_end(&kthread->thread, true);
}

void kthread_exit(struct evl_kthread *kthread)
{
	thread_end(&kthread->thread, true);
	fiber_exit();
}

void kthread_start(struct evl_thread *thread)
{
	thread_clear(thread, EVL_T_DORMANT);
	fiber_start(thread->fiber, kthread_main,
		    container_of(thread, struct evl_kthread, thread),
		    thread_prio(thread));
	/* Cancelled while it was being made. Acquire: as
	 * evl_kthread_should_stop(). */
	if (__atomic_load_n(&thread->info, __ATOMIC_ACQUIRE) & EVL_T_CANCELD)
		fiber_break(thread->fiber);
}

static struct evl_rq *pick_rq(int cpu)
{
	struct evl_rq *rq = NULL, *last = NULL;

	for (unsigned int n = 0; (rq = rq_nth(n)) != NULL; n++)
		last = rq;
	if (cpu == ANY_CPU)
		return last;

	rq = rq_of_cpu(cpu);

	return rq == NULL && is_evl_cpu(cpu) ? last : rq;
}

/* Is @kthread a thread already, whatever is in it? */
static bool is_running(const struct evl_kthread *kthread)
{
	return map_find(&running, (uintptr_t)kthread) != NULL;
}

static int check_caller(const struct evl_kthread *kthread, const void *caller)
{
	if (stage_self != &inband_stage || fiber_current() == NULL ||
	    pi_mutex_depth) {
		complain(caller, "tried to start a kernel thread, which only "
				 "in-band handlers and functions may, and not "
				 "with a spin lock held");
		return -EPERM;
	}
	if (is_running(kthread)) {
		complain(caller,
			 "tried to start a kernel thread twice: refused");
		return -EBUSY;
	}

	return 0;
}

struct kthread_call {
	void (*threadfn)(void *arg);
	void *arg;
	int cpu;
	int priority;
	int flags;
	const void *caller;
};

static int new_core(struct evl_rq *rq, struct evl_kthread *kthread,
		    struct kernel_thread **r_core)
{
	struct kernel_thread *core;
	int ret;

	core = calloc(1, sizeof(*core));
	if (core == NULL)
		return -ENOMEM;
	ret = fiber_new(rq->stage, stacks, &core->fiber);
	if (ret) {
		free(core);
		return ret;
	}
	if (map_set(&running, (uintptr_t)kthread, core)) {
		fiber_free(core->fiber, stacks);
		free(core);
		return -ENOMEM;
	}

	*r_core = core;

	return 0;
}

/* Both know each other from now on. */
static void join_up(struct kernel_thread *core, struct evl_kthread *kthread,
		    const struct kthread_call *call)
{
	const void *entry = (const void *)(uintptr_t)call->threadfn;
	struct fiber *fiber = core->fiber;

	core->te.kthread = kthread;
	core->mod = module_at(entry);
	core->driver = module_name_at(entry);
	core->task.identified = true;
	fiber->task = &core->task;
	fiber->guard = &kthread_guard;
	fiber->ended = ended;
	fiber->arg = kthread;

	kthread->threadfn = call->threadfn;
	kthread->arg = call->arg;
	init_completion(&kthread->done);
	init_irq_work(&kthread->irq_work, bury);
	thread_begin(&kthread->thread, fiber, core->te.element.name,
		     call->priority, EVL_T_DORMANT);
	set_core(kthread, core);
}

/* Its name is what it lacks: that may take a while, in which it is taken. */
static int publish(struct kernel_thread *core, struct evl_kthread *kthread,
		   const char *name, int flags)
{
	struct task_struct *task = &core->task;
	struct fiber *fiber = core->fiber;
	int ret;

	ret = thread_add(&core->te, name,
			 (unsigned int)flags & ~EVL_CLONE_COREDEV);
	if (ret) {
		map_remove(&running, (uintptr_t)kthread);
		set_core(kthread, NULL);
		kthread->thread.fiber = NULL;
		fiber_free(fiber, stacks);
		return ret;
	}

	snprintf(task->comm, sizeof(task->comm), "%.15s",
		 core->te.element.name);

	return 0;
}

__attribute__((format(printf, 3, 0))) static int
run(struct evl_kthread *kthread, const struct kthread_call *call,
    const char *fmt, va_list ap)
{
	char name[EVL_MAX_NAME_LEN + 1];
	struct evl_rq *rq = pick_rq(call->cpu);
	struct kernel_thread *core;
	int ret;

	ret = check_caller(kthread, call->caller);
	if (ret)
		return ret;

	set_core(kthread, NULL); /* for who stops it, started or not */
	if (rq == NULL)
		complain(call->caller,
			 "wants a thread on a CPU without a worker: start "
			 "evl-cused with --oob-cpus");
	if (rq == NULL || call->priority < EVL_CORE_MIN_PRIO ||
	    call->priority > EVL_CORE_MAX_PRIO)
		return -EINVAL;
	ret = new_core(rq, kthread, &core);
	if (ret)
		return ret;

	join_up(core, kthread, call);
	vsnprintf(name, sizeof(name), fmt, ap);
	ret = publish(core, kthread, name, call->flags);
	if (ret)
		return ret;

	thread_ask(&kthread->thread, THREAD_START);

	return 0;
}

EXPORT int evl_run_kthread(struct evl_kthread *kthread,
			   void (*threadfn)(void *arg), void *arg, int priority,
			   int clone_flags, const char *fmt, ...)
{
	const struct kthread_call call = {
		.threadfn = threadfn,
		.arg = arg,
		.cpu = ANY_CPU,
		.priority = priority,
		.flags = clone_flags,
		.caller = __builtin_return_address(0),
	};
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = run(kthread, &call, fmt, ap);
	va_end(ap);

	return ret;
}

EXPORT int evl_run_kthread_on_cpu(struct evl_kthread *kthread, int cpu,
				  void (*threadfn)(void *arg), void *arg,
				  int priority, int clone_flags,
				  const char *fmt, ...)
{
	const struct kthread_call call = {
		.threadfn = threadfn,
		.arg = arg,
		.cpu = cpu,
		.priority = priority,
		.flags = clone_flags,
		.caller = __builtin_return_address(0),
	};
	va_list ap;
	int ret;

	va_start(ap, fmt);
	ret = run(kthread, &call, fmt, ap);
	va_end(ap);

	return ret;
}

EXPORT struct evl_kthread *evl_current_kthread(void)
{
	return kthread_of(thread_running());
}

EXPORT bool evl_kthread_should_stop(void)
{
	const struct evl_kthread *kthread = evl_current_kthread();

	/* Acquire: pairs with evl_cancel_thread(). */
	return kthread &&
	       __atomic_load_n(&kthread->thread.info, __ATOMIC_ACQUIRE) &
		       EVL_T_CANCELD;
}

EXPORT void evl_set_kthread_priority(struct evl_kthread *kthread, int priority)
{
	if (priority < EVL_CORE_MIN_PRIO || priority > EVL_CORE_MAX_PRIO) {
		complain(__builtin_return_address(0),
			 "tried to give a kernel thread a priority which there "
			 "is not: ignored");
		return;
	}

	owner_set_prio(&kthread->thread, priority);
	thread_ask(&kthread->thread, THREAD_PRIO);
}

int kthread_await(const struct evl_kthread *kthread, uint64_t deadline,
		  bool interruptible)
{
	int ret = 0;

	pi_lock(&burials.lock);
	while (kthread_core(kthread) && ret == 0)
		ret = interruptible ? wait_queue_sleep(&burials, deadline)
				    : wait_queue_sleep_uninterruptible(
					      &burials, deadline);
	pi_unlock(&burials.lock);

	return ret;
}

void kthread_init(struct stack_pool *pool)
{
	static struct leftover kthreads = {
		.what = "kernel threads",
		.drop = kthread_stop_those_of,
		.runs_on = kthread_any_of,
	};

	stacks = pool;
	wait_queue_init(&burials, WAIT_FIFO);
	leftover_add(&kthreads);
}

unsigned int kthread_count(void)
{
	return running.count;
}

bool kthread_query(unsigned int first, struct kthread_info *r_info)
{
	const struct thread_element *te = thread_of_kernel(first);
	const struct kernel_thread *core;
	const struct evl_thread *thread;

	if (te == NULL)
		return false;

	core = container_of(te, struct kernel_thread, te);
	thread = &te->kthread->thread;
	*r_info = (struct kthread_info){
		.minor = te->element.minor,
		.name = te->element.name,
		.driver = core->driver,
		.cpu = thread->rq->cpu,
		.prio = thread_prio(thread),
		.state = thread_state(thread),
		.stack_used = stack_high_water(core->fiber->stack),
	};

	return true;
}
