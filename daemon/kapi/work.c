/* SPDX-License-Identifier: MIT */
/* The items of <linux/workqueue.h>: queued, delayed, cancelled, waited for. */
#include "kapi/workqueue-inside.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "kapi/wait.h"
#include "stage/inband.h"

#include <assert.h>
#include <linux/printk.h>

#define MAX_WRAPPERS 4

struct works works = {
	.runners = LIST_HEAD_INIT(works.runners),
	.flushers = LIST_HEAD_INIT(works.flushers),
	.delayed = LIST_HEAD_INIT(works.delayed),
	.queues = LIST_HEAD_INIT(works.queues),
	.ends = { .waiters = LIST_HEAD_INIT(works.ends.waiters) },
};

/* Functions of ours, and whose they run. Locked. */
static struct {
	work_func_t func;
	const void *(*whose)(const struct work_struct *work);
} wrappers[MAX_WRAPPERS];

static bool is_running(const struct runner *runner,
		       const struct work_struct *work)
{
	/* Another item may have come to lie where a freed one was. */
	return runner->item == work && runner->func == work->func;
}

/* Who runs @work, NULL: nobody. In-band. */
struct runner *work_runner_of(const struct work_struct *work)
{
	struct runner *runner;

	list_for_each_entry(runner, &works.runners, link)
		if (is_running(runner, work))
			return runner;

	return NULL;
}

/* Which runner the calling fiber is, NULL: none. In-band. */
struct runner *work_runner_self(void)
{
	const struct fiber *fiber = fiber_current();
	struct runner *runner;

	list_for_each_entry(runner, &works.runners, link)
		if (fiber && runner->fiber == fiber)
			return runner;

	return NULL;
}

static void finish_flusher(struct flusher *flusher)
{
	list_del(&flusher->link);
	pi_lock(&flusher->sleep.lock);
	flusher->done = true;
	wait_queue_flush_locked(&flusher->sleep, 0);
	pi_unlock(&flusher->sleep.lock);
}

/* Is anything of @wq left up to @serial? In-band, locked. */
bool work_has_left(const struct workqueue_struct *wq, uint64_t serial)
{
	const struct work_struct *work;
	const struct runner *runner;

	list_for_each_entry(work, &wq->items, entry)
		if (work->serial <= serial)
			return true;

	list_for_each_entry(runner, &works.runners, link) {
		if (runner->wq == wq && runner->item &&
		    runner->serial <= serial)
			return true;
		list_for_each_entry(work, &runner->again, entry)
			if (work->wq == wq && work->serial <= serial)
				return true;
	}

	return false;
}

/* Those who wait for queues look again. In-band, locked. */
void work_check_flushers(void)
{
	struct flusher *flusher, *tmp;

	list_for_each_entry_safe(flusher, tmp, &works.flushers, link)
		if (flusher->wq && !work_has_left(flusher->wq, flusher->serial))
			finish_flusher(flusher);
}

/* Queueing @serial has come to its end. Locked. */
void work_finish(uint64_t serial)
{
	struct flusher *flusher, *tmp;

	list_for_each_entry_safe(flusher, tmp, &works.flushers, link)
		if (flusher->wq == NULL && flusher->serial == serial)
			finish_flusher(flusher);
}

void workqueue_add_wrapper(work_func_t func,
			   const void *(*its)(const struct work_struct *work))
{
	int i = 0;

	pi_lock(&works.lock);
	while (wrappers[i].func && wrappers[i].func != func)
		i++;
	assert(i < MAX_WRAPPERS);
	wrappers[i].func = func;
	wrappers[i].whose = its;
	pi_unlock(&works.lock);
}

/* The driver's function in @work. */
const void *work_whose(const struct work_struct *work)
{
	for (int i = 0; i < MAX_WRAPPERS && wrappers[i].func; i++)
		if (wrappers[i].func == work->func)
			return wrappers[i].whose(work);

	return (const void *)work->func;
}

/* May the caller queue @work to @wq? Locked. */
static bool is_open(const struct workqueue_struct *wq,
		    const struct work_struct *work)
{
	const struct runner *self;

	if (work->nr_cancels ||
	    (works.going && image_is_of(work_whose(work), works.going)))
		return false;
	if (!wq->draining)
		return true;
	self = (stage_self == &inband_stage) ? work_runner_self() : NULL;

	return self && self->wq == wq;
}

void work_set_state(struct work_struct *work, enum work_state state)
{
	/* Relaxed: for the look of work_pending(). */
	__atomic_store_n(&work->state, (u32)state, __ATOMIC_RELAXED);
}

/* Locked. */
static void enqueue(struct workqueue_struct *wq, struct work_struct *work)
{
	work->wq = wq;
	work->serial = ++works.last_serial;
	work_set_state(work, WORK_QUEUED);
	list_add_tail(&work->entry, &wq->items);
	wq->nr_items++;
	irq_work_queue(&wq->kick);
}

/* Locked. */
void work_unlink(struct work_struct *work)
{
	list_del(&work->entry);
	if (work->state == WORK_QUEUED)
		work->wq->nr_items--;
	work_set_state(work, WORK_IDLE);
}

EXPORT bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	bool queued;

	pi_lock(&works.lock);
	queued = work->state == WORK_IDLE && is_open(wq, work);
	if (queued)
		enqueue(wq, work);
	pi_unlock(&works.lock);

	return queued;
}

/* Its delay is over. Locked. */
static void enqueue_delayed(struct delayed_work *dwork)
{
	list_del(&dwork->work.entry);
	enqueue(dwork->wq, &dwork->work);
}

static void end_delay(struct timer_list *timer)
{
	struct delayed_work *dwork =
		container_of(timer, struct delayed_work, timer);

	pi_lock(&works.lock);
	/* Or somebody was quicker. */
	if (dwork->work.state == WORK_DELAYED)
		enqueue_delayed(dwork);
	pi_unlock(&works.lock);
}

/* Locked. */
static void begin_delay(struct workqueue_struct *wq, struct delayed_work *dwork,
			unsigned long delay)
{
	if (delay == 0) {
		enqueue(wq, &dwork->work);
		return;
	}

	dwork->wq = wq;
	work_set_state(&dwork->work, WORK_DELAYED);
	list_add_tail(&dwork->work.entry, &works.delayed);
	/* Relaxed: for mod_timer(), and any value is this one. */
	__atomic_store_n(&dwork->timer.function, end_delay, __ATOMIC_RELAXED);
	/* A jiffy has begun already. */
	mod_timer(&dwork->timer, jiffies + delay + 1);
}

EXPORT bool queue_delayed_work(struct workqueue_struct *wq,
			       struct delayed_work *dwork, unsigned long delay)
{
	struct work_struct *work = &dwork->work;
	bool queued;

	pi_lock(&works.lock);
	queued = work->state == WORK_IDLE && is_open(wq, work);
	if (queued)
		begin_delay(wq, dwork, delay);
	pi_unlock(&works.lock);

	return queued;
}

/* Off its list; true if it was on one. Locked. */
bool work_take_off(struct work_struct *work)
{
	if (work->state < WORK_QUEUED)
		return false;

	work_unlink(work);
	work_finish(work->serial);
	/* For who waits for the queue. */
	irq_work_queue(&work->wq->kick);

	return true;
}

bool work_take_off_delayed(struct delayed_work *dwork)
{
	if (dwork->work.state != WORK_DELAYED)
		return work_take_off(&dwork->work);

	timer_delete(&dwork->timer);
	list_del(&dwork->work.entry);
	work_set_state(&dwork->work, WORK_IDLE);

	return true;
}

EXPORT bool mod_delayed_work(struct workqueue_struct *wq,
			     struct delayed_work *dwork, unsigned long delay)
{
	bool was_pending;

	pi_lock(&works.lock);
	was_pending = work_take_off_delayed(dwork);
	if (is_open(wq, &dwork->work))
		begin_delay(wq, dwork, delay);
	pi_unlock(&works.lock);

	return was_pending;
}

EXPORT bool cancel_work(struct work_struct *work)
{
	bool was_pending;

	pi_lock(&works.lock);
	was_pending = work_take_off(work);
	pi_unlock(&works.lock);

	return was_pending;
}

EXPORT bool cancel_delayed_work(struct delayed_work *dwork)
{
	bool was_pending;

	pi_lock(&works.lock);
	was_pending = work_take_off_delayed(dwork);
	pi_unlock(&works.lock);

	return was_pending;
}

/* May the caller wait for items? */
bool work_may_wait(void)
{
	static struct ratelimit_state limit;

	if (stage_self == &inband_stage)
		return wait_allowed();

	if (__ratelimit(&limit))
		log_err("a driver tried to wait for work items out-of-band, "
			"where it must not");

	return false;
}

/* Until @flusher, which says what for, is done. Locked, and on return. */
void work_await(struct flusher *flusher)
{
	flusher->done = false;
	wait_queue_init(&flusher->sleep, WAIT_FIFO);
	list_add_tail(&flusher->link, &works.flushers);
	pi_unlock(&works.lock);

	pi_lock(&flusher->sleep.lock);
	while (!flusher->done)
		wait_queue_sleep_uninterruptible(&flusher->sleep,
						 DEADLINE_NONE);
	pi_unlock(&flusher->sleep.lock);

	pi_lock(&works.lock);
}

/* Not for oneself, that would be for ever. */
bool work_is_self(const struct runner *runner)
{
	if (runner->fiber != fiber_current())
		return false;

	log_err("a driver's work item waits for its own end in workqueue %s: "
		"not waited for",
		runner->wq->name);

	return true;
}

EXPORT bool cancel_work_sync(struct work_struct *work)
{
	struct flusher flusher = { .wq = NULL };
	const struct runner *runner = NULL;
	bool was_pending;

	pi_lock(&works.lock);
	was_pending = work_take_off(work);
	work->nr_cancels++;
	pi_unlock(&works.lock);

	if (work_may_wait())
		runner = work_runner_of(work);

	pi_lock(&works.lock);
	if (runner && !work_is_self(runner)) {
		flusher.serial = runner->serial;
		work_await(&flusher);
	}
	work->nr_cancels--;
	pi_unlock(&works.lock);

	return was_pending;
}

EXPORT bool cancel_delayed_work_sync(struct delayed_work *dwork)
{
	bool was_delayed = cancel_delayed_work(dwork);

	return cancel_work_sync(&dwork->work) || was_delayed;
}

EXPORT bool flush_work(struct work_struct *work)
{
	struct flusher flusher = { .wq = NULL };
	const struct runner *runner;

	if (!work_may_wait())
		return false;

	pi_lock(&works.lock);
	runner = work_runner_of(work);
	if (work->state >= WORK_QUEUED)
		flusher.serial = work->serial;
	else if (runner)
		flusher.serial = runner->serial;
	if (runner && work_is_self(runner))
		flusher.serial = 0;
	if (flusher.serial)
		work_await(&flusher);
	pi_unlock(&works.lock);

	return flusher.serial != 0;
}

EXPORT bool flush_delayed_work(struct delayed_work *dwork)
{
	pi_lock(&works.lock);
	if (dwork->work.state == WORK_DELAYED) {
		timer_delete(&dwork->timer);
		enqueue_delayed(dwork);
	}
	pi_unlock(&works.lock);

	return flush_work(&dwork->work);
}

EXPORT struct work_struct *current_work(void)
{
	const struct runner *self =
		(stage_self == &inband_stage) ? work_runner_self() : NULL;

	return self ? (struct work_struct *)self->item : NULL;
}

EXPORT unsigned int work_busy(struct work_struct *work)
{
	unsigned int busy = work_pending(work) ? WORK_BUSY_PENDING : 0;

	if ((stage_self == &inband_stage) && work_runner_of(work))
		busy |= WORK_BUSY_RUNNING;

	return busy;
}
