/* SPDX-License-Identifier: MIT */
/*
 * The in-band calls of <evl/work.h>: items of workqueues, which are queued from
 * any stage. Once a handler runs its work may be gone.
 */
#include <evl/work.h>

#include "core/complain.h"
#include "core/element.h"
#include "core/work.h"
#include "kapi/export.h"
#include "kapi/workqueue.h"
#include "stage/pi-mutex.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <errno.h>

static void run_work(struct work_struct *item)
{
	struct evl_work *work = container_of(item, struct evl_work, work);
	struct evl_element *element = work->element;

	work->handler(work);
	if (element)
		evl_put_element(element);
}

EXPORT void evl_init_work_safe(struct evl_work *work,
			       void (*handler)(struct evl_work *work),
			       struct evl_element *element)
{
	INIT_WORK(&work->work, run_work);
	work->handler = handler;
	work->element = element;
}

EXPORT void evl_init_work(struct evl_work *work,
			  void (*handler)(struct evl_work *work))
{
	evl_init_work_safe(work, handler, NULL);
}

EXPORT bool evl_call_inband_from(struct evl_work *work,
				 struct workqueue_struct *wq)
{
	/* Not to be looked into once it is queued. */
	struct evl_element *element = work->element;
	bool queued;

	if (element)
		evl_get_element(element);
	queued = queue_work(wq, &work->work);
	/* Not the last: the caller has one. */
	if (!queued && element)
		evl_put_element(element);

	return queued;
}

EXPORT bool evl_call_inband(struct evl_work *work)
{
	return evl_call_inband_from(work, system_wq);
}

EXPORT void evl_flush_work(struct evl_work *work)
{
	flush_work(&work->work);
}

EXPORT void evl_cancel_work(struct evl_work *work)
{
	if (cancel_work_sync(&work->work) && work->element)
		evl_put_element(work->element);
}

static struct wait_queue *queue_of(struct evl_sync_work *sync_work)
{
	return (struct wait_queue *)(void *)&sync_work->wait;
}

/* It is the caller's again once that sees that it is done. */
static void run_sync_work(struct evl_work *work)
{
	struct evl_sync_work *sync_work =
		container_of(work, struct evl_sync_work, work);
	struct wait_queue *wq = queue_of(sync_work);
	int result = sync_work->handler(sync_work);

	pi_lock(&wq->lock);
	sync_work->result = result;
	sync_work->done = true;
	wait_queue_flush_locked(wq, 0);
	pi_unlock(&wq->lock);
}

EXPORT void evl_init_sync_work(struct evl_sync_work *sync_work,
			       int (*handler)(struct evl_sync_work *sync_work))
{
	evl_init_work(&sync_work->work, run_sync_work);
	evl_init_wait(&sync_work->wait, &evl_mono_clock, EVL_WAIT_PRIO);
	sync_work->handler = handler;
	sync_work->done = false;
	sync_work->result = 0;
}

/* Until it is done: 0, or -EINTR. */
static int await_done(struct evl_sync_work *sync_work, bool interruptible)
{
	struct wait_queue *wq = queue_of(sync_work);
	int ret = 0;

	pi_lock(&wq->lock);
	while (!sync_work->done && ret == 0)
		ret = interruptible ? wait_queue_sleep(wq, DEADLINE_NONE)
				    : wait_queue_sleep_uninterruptible(
					      wq, DEADLINE_NONE);
	pi_unlock(&wq->lock);

	return ret;
}

/* May whoever is at @caller wait for an answer? */
static bool may_wait(const void *caller)
{
	if (fiber_current() && pi_mutex_depth == 0)
		return true;

	complain(caller, "tried to wait for a call to the in-band stage where "
			 "it cannot sleep");

	return false;
}

static int call_and_wait(struct evl_sync_work *sync_work,
			 struct workqueue_struct *wq, const void *caller)
{
	int ret;

	if (!may_wait(caller))
		return -EPERM;

	sync_work->done = false;
	evl_call_inband_from(&sync_work->work, wq);
	ret = await_done(sync_work, running_oob());
	/* It may be on our stack: nobody uses it behind our back. */
	if (ret && !cancel_work(&sync_work->work.work))
		(void)await_done(sync_work, false);

	return ret ? ret : sync_work->result;
}

EXPORT int evl_call_inband_sync_from(struct evl_sync_work *sync_work,
				     struct workqueue_struct *wq)
{
	return call_and_wait(sync_work, wq, __builtin_return_address(0));
}

EXPORT int evl_call_inband_sync(struct evl_sync_work *sync_work)
{
	return call_and_wait(sync_work, system_wq, __builtin_return_address(0));
}

EXPORT void evl_flush_sync_work(struct evl_sync_work *sync_work)
{
	evl_flush_work(&sync_work->work);
}

static const void *whose(const struct work_struct *item)
{
	const struct evl_work *work =
		container_of(item, const struct evl_work, work);
	const struct evl_sync_work *sync_work;

	if (work->handler != run_sync_work)
		return (const void *)work->handler;

	sync_work = container_of(work, const struct evl_sync_work, work);

	return (const void *)sync_work->handler;
}

void works_init(void)
{
	workqueue_add_wrapper(run_work, whose);
}
