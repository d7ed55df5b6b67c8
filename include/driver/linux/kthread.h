/* SPDX-License-Identifier: MIT */
/*
 * Threads of a driver's own, in-band: each is a fiber of the in-band stage. It
 * runs until it sleeps or gives way (linux/sched.h), whatever CPU it is bound
 * to. Threads which must be in time are EVL's (evl/thread.h).
 *
 * Source: driver-api 5.1; as in Linux 6.6
 */
#ifndef _LINUX_KTHREAD_H
#define _LINUX_KTHREAD_H

#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/workqueue.h>

/**
 * kthread_create() - make a thread
 * @fn:		int fn(void *data), its function
 * @data:	for it
 * @fmt:	its name, as for printf()
 *
 * It begins with wake_up_process(). It ends when @fn returns, and is gone then,
 * unless somebody holds it (get_task_struct()) or is stopping it.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: its task, or an ERR_PTR() of
 *   -EAGAIN	there are too many fibers
 *   -ENOMEM
 */
#define kthread_create(fn, data, fmt, ...) \
	__kthread_create(fn, data, fmt, ##__VA_ARGS__)
#define kthread_create_on_node(fn, data, node, fmt, ...) \
	__kthread_create(fn, data, fmt, ##__VA_ARGS__)
#define kthread_create_on_cpu(fn, data, cpu, fmt) \
	__kthread_create(fn, data, fmt, cpu)
struct task_struct *__kthread_create(int (*fn)(void *data), void *data,
				     const char *fmt, ...) __printf(3, 4);

/* kthread_create(), and it begins. */
/* clang-format off */
#define kthread_run(fn, data, fmt, ...)					\
	__extension__({							\
		struct task_struct *__kthread =				\
			kthread_create(fn, data, fmt, ##__VA_ARGS__);	\
		if (!IS_ERR(__kthread))					\
			wake_up_process(__kthread);			\
		__kthread;						\
	})
/* clang-format on */
#define kthread_run_on_cpu(fn, data, cpu, fmt) kthread_run(fn, data, fmt, cpu)

/* All of them run where the in-band stage does. */
static inline void kthread_bind(struct task_struct *task, unsigned int cpu)
{
	(void)task, (void)cpu;
}

/**
 * kthread_stop() - have a thread end
 * @task:	the thread, which has not ended yet, or which the caller holds
 *
 * It is woken, and kthread_should_stop() is true for it from now on.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until its function has returned.
 *
 * Return: what that returned; -EINTR if it never began, or if the caller
 *	   cannot wait: then nobody waits for it
 */
int kthread_stop(struct task_struct *task);

/* Is the caller, a thread, being stopped? In-band, does not block. */
bool kthread_should_stop(void);

/* What a thread was made with. */
void *kthread_data(struct task_struct *task);

/*
 * Threads which run work items one after the other: queues, by another name.
 */
struct kthread_worker {
	struct workqueue_struct *wq; /* the core's own */
};

struct kthread_work {
	struct work_struct work; /* the core's own, as what follows */
	void (*func)(struct kthread_work *work);
};

typedef void (*kthread_work_func_t)(struct kthread_work *work);

void __kthread_run_work(struct work_struct *work);

/* Stage: any. Blocks: no. */
static inline void kthread_init_work(struct kthread_work *work,
				     kthread_work_func_t func)
{
	INIT_WORK(&work->work, __kthread_run_work);
	work->func = func;
}

/* As alloc_ordered_workqueue(): ERR_PTR(-ENOMEM) if there is no memory. */
struct kthread_worker *kthread_create_worker(unsigned int flags,
					     const char *fmt, ...)
	__printf(2, 3);
/* As destroy_workqueue(). */
void kthread_destroy_worker(struct kthread_worker *worker);

/* As queue_work(), flush_work(), cancel_work_sync() and flush_workqueue(). */
static inline bool kthread_queue_work(struct kthread_worker *worker,
				      struct kthread_work *work)
{
	return queue_work(worker->wq, &work->work);
}

static inline void kthread_flush_work(struct kthread_work *work)
{
	flush_work(&work->work);
}

static inline bool kthread_cancel_work_sync(struct kthread_work *work)
{
	return cancel_work_sync(&work->work);
}

static inline void kthread_flush_worker(struct kthread_worker *worker)
{
	flush_workqueue(worker->wq);
}

#endif /* _LINUX_KTHREAD_H */
