/* SPDX-License-Identifier: MIT */
/*
 * The threads of <linux/kthread.h>: an in-band fiber, and a task which lives as
 * long as the fiber, as somebody who stops it, and as who holds it.
 */
#include <linux/kthread.h>

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "kapi/task.h"
#include "kapi/unload.h"
#include "kapi/wait.h"
#include "kapi/workqueue.h"
#include "stage/call.h"
#include "stage/inband.h"
#include "stage/wait.h"

#include <linux/completion.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct kthread {
	struct task_struct task;
	unsigned int refs; /* atomic */
	int (*fn)(void *data);
	void *data;
	bool should_stop;
	int result;
	struct completion ended;
	struct list_head link; /* kthreads, until it has ended */
};

/* In-band. */
static LIST_HEAD(kthreads);

static struct kthread *kthread_self(void)
{
	return task_current()->kthread;
}

EXPORT struct task_struct *get_task_struct(struct task_struct *task)
{
	if (task->kthread)
		/* Relaxed: who has one may take another. */
		__atomic_fetch_add(&task->kthread->refs, 1, __ATOMIC_RELAXED);

	return task;
}

EXPORT void put_task_struct(struct task_struct *task)
{
	struct kthread *kthread = task->kthread;

	/* Acquire and release: whoever is last sees what all have done. */
	if (kthread &&
	    __atomic_sub_fetch(&kthread->refs, 1, __ATOMIC_ACQ_REL) == 0)
		free(kthread);
}

static bool is_stopping(const struct kthread *kthread)
{
	/* Acquire: pairs with kthread_stop(). */
	return __atomic_load_n(&kthread->should_stop, __ATOMIC_ACQUIRE);
}

static void run_kthread(void *arg)
{
	struct kthread *kthread = arg;
	struct fiber *fiber = fiber_current();

	struct stage_call call = {
		.what = "kernel thread",
		.name = kthread->task.comm,
		.func = (const void *)kthread->fn,
	};

	task_set(fiber, &kthread->task);
	/* Until the first wake_up_process(). */
	(void)task_sleep(&kthread->task, DEADLINE_NONE);
	kthread->result = -EINTR;
	if (!is_stopping(kthread)) {
		stage_call_begin(&call);
		kthread->result = kthread->fn(kthread->data);
		stage_call_end(&call);
	}
	task_set(fiber, NULL);
	list_del(&kthread->link);
	complete_all(&kthread->ended);
	put_task_struct(&kthread->task);
}

EXPORT struct task_struct *__kthread_create(int (*fn)(void *data), void *data,
					    const char *fmt, ...)
{
	struct kthread *kthread;
	va_list ap;
	int ret;

	kthread = calloc(1, sizeof(*kthread));
	if (kthread == NULL)
		return ERR_PTR(-ENOMEM);

	va_start(ap, fmt);
	vsnprintf(kthread->task.comm, sizeof(kthread->task.comm), fmt, ap);
	va_end(ap);
	kthread->task.kthread = kthread;
	kthread->task.mem_fd = -1;
	kthread->task.identified = true;
	kthread->task.__state = TASK_UNINTERRUPTIBLE;
	kthread->refs = 1;
	kthread->fn = fn;
	kthread->data = data;
	init_completion(&kthread->ended);

	ret = inband_spawn(run_kthread, kthread, NULL);
	if (ret) {
		free(kthread);
		return ERR_PTR(ret);
	}
	list_add_tail(&kthread->link, &kthreads);

	return &kthread->task;
}

static void tell_to_stop(struct kthread *kthread)
{
	/* Release: pairs with is_stopping(). */
	__atomic_store_n(&kthread->should_stop, true, __ATOMIC_RELEASE);
	wake_up_process(&kthread->task);
}

EXPORT int kthread_stop(struct task_struct *task)
{
	struct kthread *kthread = task->kthread;
	int ret;

	get_task_struct(task);
	tell_to_stop(kthread);
	if (wait_allowed())
		wait_for_completion(&kthread->ended);
	ret = completion_done(&kthread->ended) ? kthread->result : -EINTR;
	put_task_struct(task);

	return ret;
}

EXPORT bool kthread_should_stop(void)
{
	const struct kthread *self = kthread_self();

	return self && is_stopping(self);
}

EXPORT void *kthread_data(struct task_struct *task)
{
	return task->kthread ? task->kthread->data : NULL;
}

EXPORT void __kthread_run_work(struct work_struct *work)
{
	struct kthread_work *kwork =
		container_of(work, struct kthread_work, work);

	kwork->func(kwork);
}

static const void *whose(const struct work_struct *work)
{
	return (const void *)container_of(work, struct kthread_work, work)
		->func;
}

EXPORT struct kthread_worker *kthread_create_worker(unsigned int flags,
						    const char *fmt, ...)
{
	struct kthread_worker *worker;
	char name[TASK_COMM_LEN];
	va_list ap;

	(void)flags;
	workqueue_add_wrapper(__kthread_run_work, whose);
	va_start(ap, fmt);
	vsnprintf(name, sizeof(name), fmt, ap);
	va_end(ap);

	worker = calloc(1, sizeof(*worker));
	if (worker == NULL)
		return ERR_PTR(-ENOMEM);
	worker->wq = alloc_ordered_workqueue("%s", 0, name);
	if (worker->wq == NULL) {
		free(worker);
		return ERR_PTR(-ENOMEM);
	}

	return worker;
}

EXPORT void kthread_destroy_worker(struct kthread_worker *worker)
{
	destroy_workqueue(worker->wq);
	free(worker);
}

static struct kthread *find_of(const struct module *mod, bool untold)
{
	struct kthread *kthread;

	list_for_each_entry(kthread, &kthreads, link)
		if (image_is_of((const void *)kthread->fn, mod) &&
		    !(untold && is_stopping(kthread)))
			return kthread;

	return NULL;
}

static void stop_forgotten(struct kthread *kthread, const char *driver)
{
	get_task_struct(&kthread->task);
	log_warn("driver %s left its thread %s behind: have its exit function "
		 "call kthread_stop()",
		 driver, kthread->task.comm);
	tell_to_stop(kthread);
	if (!wait_for_completion_timeout(&kthread->ended, HZ))
		log_err("driver %s: its thread %s does not end: have it end "
			"when kthread_should_stop() says so",
			driver, kthread->task.comm);
	put_task_struct(&kthread->task);
}

unsigned int kthread_unload(struct module *mod)
{
	struct kthread *kthread;
	unsigned int count = 0;

	for (; (kthread = find_of(mod, true)); count++)
		stop_forgotten(kthread, mod->name);

	return count;
}

bool kthread_runs_on(const struct module *mod)
{
	return find_of(mod, false) != NULL;
}
