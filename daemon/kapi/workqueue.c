/* SPDX-License-Identifier: MIT */
/* The queues of <linux/workqueue.h>, and the fibers which run their items. */
#include "kapi/workqueue-inside.h"

#include "kapi/export.h"
#include "kapi/task.h"
#include "stage/call.h"
#include "stage/clock.h"
#include "stage/inband.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_NS       (10 * UINT64_C(1000000)) /* when there was no fiber */
#define ITEMS_IN_A_ROW 16 /* then the loop has a look at the rest */

/* May the caller wait for all of @wq? Not from one of its own items. */
static bool may_flush(const struct workqueue_struct *wq)
{
	const struct runner *self;

	if (!work_may_wait())
		return false;
	self = work_runner_self();

	return self == NULL || self->wq != wq || !work_is_self(self);
}

EXPORT void flush_workqueue(struct workqueue_struct *wq)
{
	struct flusher flusher = { .wq = wq };

	if (!may_flush(wq))
		return;

	pi_lock(&works.lock);
	flusher.serial = works.last_serial;
	if (work_has_left(wq, flusher.serial))
		work_await(&flusher);
	pi_unlock(&works.lock);
}

static void set_draining(struct workqueue_struct *wq, bool draining)
{
	pi_lock(&works.lock);
	wq->draining = draining;
	pi_unlock(&works.lock);
}

/* Until nothing is left, nor can come; its own items may queue more. */
static void empty(struct workqueue_struct *wq)
{
	struct flusher flusher = { .wq = wq };

	set_draining(wq, true);
	pi_lock(&works.lock);
	for (; work_has_left(wq, UINT64_MAX); work_await(&flusher))
		flusher.serial = UINT64_MAX;
	pi_unlock(&works.lock);
}

EXPORT void drain_workqueue(struct workqueue_struct *wq)
{
	if (!may_flush(wq))
		return;

	empty(wq);
	set_draining(wq, false);
}

/*
 * Runners.
 */

/* The next item for @runner, off its list; NULL: there is none. */
static struct work_struct *take_item(struct runner *runner)
{
	struct workqueue_struct *wq = runner->wq;
	struct work_struct *work;
	struct runner *other;

	if (!list_empty(&runner->again))
		return list_first_entry(&runner->again, struct work_struct,
					entry);

	while (!list_empty(&wq->items)) {
		work = list_first_entry(&wq->items, struct work_struct, entry);
		other = work_runner_of(work);
		if (other == NULL)
			return work;
		/* It must not run beside itself. */
		list_move_tail(&work->entry, &other->again);
		work_set_state(work, WORK_AGAIN);
		wq->nr_items--;
	}

	return NULL;
}

/* False: there was nothing to run. */
static bool run_item(struct runner *runner)
{
	struct stage_call call = { .what = "work item" };
	struct work_struct *work;

	pi_lock(&works.lock);
	work = take_item(runner);
	if (work) {
		work_unlink(work);
		runner->item = work;
		runner->func = work->func;
		runner->serial = work->serial;
		runner->whose = work_whose(work);
	}
	pi_unlock(&works.lock);
	if (work == NULL)
		return false;

	call.func = runner->whose;
	stage_call_begin(&call);
	runner->func(work);
	stage_call_end(&call);

	pi_lock(&works.lock);
	runner->item = NULL;
	work_finish(runner->serial);
	work_check_flushers();
	pi_unlock(&works.lock);
	wait_queue_flush(&works.ends, 0);

	return true;
}

static void run_items(void *arg)
{
	struct workqueue_struct *wq = arg;
	struct runner runner = {
		.wq = wq,
		.fiber = fiber_current(),
		.task = { .mem_fd = -1, .identified = true },
		.again = LIST_HEAD_INIT(runner.again),
	};
	unsigned int count = 0;

	snprintf(runner.task.comm, sizeof(runner.task.comm), "%s", wq->name);
	task_set(runner.fiber, &runner.task);
	list_add_tail(&runner.link, &works.runners);
	wq->nr_idle--;
	while (run_item(&runner))
		if (++count % ITEMS_IN_A_ROW == 0)
			inband_give_way();
	list_del(&runner.link);
	wq->nr_runners--;
	task_set(runner.fiber, NULL);
}

/* As many runners as there are items for, and may be. In-band. */
static void add_runners(struct workqueue_struct *wq)
{
	unsigned int nr_items;

	pi_lock(&works.lock);
	nr_items = wq->nr_items;
	work_check_flushers();
	pi_unlock(&works.lock);

	while (nr_items > wq->nr_idle && wq->nr_runners < wq->max_runners) {
		if (inband_spawn(run_items, wq, NULL)) {
			timer_arm(&inband_stage.timers, &wq->retry,
				  clock_ns() + RETRY_NS);
			return;
		}
		wq->nr_runners++;
		wq->nr_idle++;
	}
}

static void kick(struct irq_work *work)
{
	add_runners(container_of(work, struct workqueue_struct, kick));
}

static void retry(struct stage_timer *timer)
{
	add_runners(container_of(timer, struct workqueue_struct, retry));
}

/*
 * Queues.
 */

#define SYSTEM_WQ(var, title)                               \
	static struct workqueue_struct var##_queue = {      \
		.name = (title),                            \
		.max_runners = WQ_DFL_ACTIVE,               \
		.items = LIST_HEAD_INIT(var##_queue.items), \
		.kick = IRQ_WORK_INIT(kick),                \
		.retry = { .fire = retry },                 \
	};                                                  \
	EXPORT struct workqueue_struct *const var = &var##_queue

SYSTEM_WQ(system_wq, "events");
SYSTEM_WQ(system_highpri_wq, "events_highpri");
SYSTEM_WQ(system_long_wq, "events_long");
SYSTEM_WQ(system_unbound_wq, "events_unbound");
SYSTEM_WQ(system_freezable_wq, "events_freeze");
SYSTEM_WQ(system_power_efficient_wq, "events_power");

struct workqueue_struct *const work_system_queues[] = {
	&system_wq_queue,
	&system_highpri_wq_queue,
	&system_long_wq_queue,
	&system_unbound_wq_queue,
	&system_freezable_wq_queue,
	&system_power_efficient_wq_queue,
	NULL,
};

static unsigned int max_runners(unsigned int flags, int max_active)
{
	if (flags & __WQ_ORDERED)
		return 1;
	if (max_active <= 0)
		return WQ_DFL_ACTIVE;

	return max_active < WQ_MAX_ACTIVE ? (unsigned int)max_active
					  : WQ_MAX_ACTIVE;
}

EXPORT struct workqueue_struct *
alloc_workqueue(const char *fmt, unsigned int flags, int max_active, ...)
{
	struct workqueue_struct *wq;
	va_list ap;

	wq = calloc(1, sizeof(*wq));
	if (wq == NULL)
		return NULL;

	va_start(ap, max_active);
	vsnprintf(wq->name, sizeof(wq->name), fmt, ap);
	va_end(ap);
	wq->max_runners = max_runners(flags, max_active);
	INIT_LIST_HEAD(&wq->items);
	init_irq_work(&wq->kick, kick);
	wq->retry.fire = retry;
	pi_lock(&works.lock);
	list_add_tail(&wq->link, &works.queues);
	pi_unlock(&works.lock);

	return wq;
}

EXPORT void destroy_workqueue(struct workqueue_struct *wq)
{
	if (wq == NULL || !may_flush(wq))
		return;

	empty(wq);
	/* They have nothing to do any more, and end at once. */
	while (wq->nr_runners)
		fiber_yield();
	irq_work_sync(&wq->kick);
	timer_disarm(&inband_stage.timers, &wq->retry);
	pi_lock(&works.lock);
	list_del(&wq->link);
	pi_unlock(&works.lock);
	free(wq);
}
