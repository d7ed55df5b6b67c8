/* SPDX-License-Identifier: MIT */
/*
 * The workqueues of <linux/workqueue.h>. Items wait in lists, under one lock,
 * for anybody queues them; a *runner* is an in-band fiber that takes them from
 * its queue, one after the other, until there is none. Runners are known
 * in-band only. While an item runs nothing of it is touched: it may be gone.
 *
 * Each queueing has a serial number, and who flushes waits for a number.
 */
#include "kapi/workqueue.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "kapi/task.h"
#include "kapi/unload.h"
#include "kapi/wait.h"
#include "stage/clock.h"
#include "stage/inband.h"
#include "stage/wait.h"

#include <assert.h>
#include <linux/irq_work.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define RETRY_NS       (10 * UINT64_C(1000000)) /* when there was no fiber */
#define ITEMS_IN_A_ROW 16	  /* then the loop has a look at the rest */
#define PATIENCE_NS    NS_PER_SEC /* with an item of a driver which goes */
#define MAX_WRAPPERS   4

enum work_state {
	WORK_IDLE,    /* it may run all the same */
	WORK_DELAYED, /* its timer is set; in the list of those */
	WORK_QUEUED,  /* in its queue's list */
	WORK_AGAIN,   /* in the list of who runs it now */
};

struct workqueue_struct {
	char name[TASK_COMM_LEN];
	unsigned int max_runners;
	bool draining; /* under the lock, as what follows */
	struct list_head items;
	unsigned int nr_items;
	struct list_head link; /* queues */
	/* In-band: */
	unsigned int nr_runners, nr_idle; /* the latter have no item yet */
	struct irq_work kick;
	struct stage_timer retry;
};

/* A fiber which runs items; on its own stack. */
struct runner {
	struct list_head link; /* runners */
	struct workqueue_struct *wq;
	struct fiber *fiber;
	struct task_struct task;
	const struct work_struct *item; /* that runs; not to be looked into */
	work_func_t func;
	const void *whose; /* the function of the driver's in it */
	uint64_t serial;
	struct list_head again; /* items which wait for it to end; locked */
};

/* Who waits: for queueing @serial or, in all of @wq, for those up to it. */
struct flusher {
	struct list_head link; /* flushers, locked */
	struct workqueue_struct *wq;
	uint64_t serial;
	bool done;
	struct wait_queue sleep;
};

static struct pi_mutex lock;
static LIST_HEAD(runners);
static LIST_HEAD(flushers);
static LIST_HEAD(delayed); /* items, as follows */
static LIST_HEAD(queues);  /* but for the system's */
static uint64_t last_serial;
static const struct module *going; /* whose items are not taken; locked */
/* Who waits for any item to end. */
static struct wait_queue ends = { .waiters = LIST_HEAD_INIT(ends.waiters) };

/* Functions of ours, and whose they run. Locked. */
static struct {
	work_func_t func;
	const void *(*whose)(const struct work_struct *work);
} wrappers[MAX_WRAPPERS];

static void run_items(void *arg);

static bool is_running(const struct runner *runner,
		       const struct work_struct *work)
{
	/* Another item may have come to lie where a freed one was. */
	return runner->item == work && runner->func == work->func;
}

/* Who runs @work, NULL: nobody. In-band. */
static struct runner *runner_of(const struct work_struct *work)
{
	struct runner *runner;

	list_for_each_entry(runner, &runners, link)
		if (is_running(runner, work))
			return runner;

	return NULL;
}

/* Which runner the calling fiber is, NULL: none. In-band. */
static struct runner *runner_self(void)
{
	const struct fiber *fiber = fiber_current();
	struct runner *runner;

	list_for_each_entry(runner, &runners, link)
		if (fiber && runner->fiber == fiber)
			return runner;

	return NULL;
}

static bool is_inband(void)
{
	return stage_self == &inband_stage;
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
static bool has_left(const struct workqueue_struct *wq, uint64_t serial)
{
	const struct work_struct *work;
	const struct runner *runner;

	list_for_each_entry(work, &wq->items, entry)
		if (work->serial <= serial)
			return true;

	list_for_each_entry(runner, &runners, link) {
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
static void check_queue_flushers(void)
{
	struct flusher *flusher, *tmp;

	list_for_each_entry_safe(flusher, tmp, &flushers, link)
		if (flusher->wq && !has_left(flusher->wq, flusher->serial))
			finish_flusher(flusher);
}

/* Queueing @serial has come to its end. Locked. */
static void finish(uint64_t serial)
{
	struct flusher *flusher, *tmp;

	list_for_each_entry_safe(flusher, tmp, &flushers, link)
		if (flusher->wq == NULL && flusher->serial == serial)
			finish_flusher(flusher);
}

/* The driver's function in @work. */
static const void *whose(const struct work_struct *work)
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

	if (work->nr_cancels || (going && image_is_of(whose(work), going)))
		return false;
	if (!wq->draining)
		return true;
	self = is_inband() ? runner_self() : NULL;

	return self && self->wq == wq;
}

static void set_state(struct work_struct *work, enum work_state state)
{
	/* Relaxed: for the look of work_pending(). */
	__atomic_store_n(&work->state, (u32)state, __ATOMIC_RELAXED);
}

/* Locked. */
static void enqueue(struct workqueue_struct *wq, struct work_struct *work)
{
	work->wq = wq;
	work->serial = ++last_serial;
	set_state(work, WORK_QUEUED);
	list_add_tail(&work->entry, &wq->items);
	wq->nr_items++;
	irq_work_queue(&wq->kick);
}

/* Locked. */
static void unlink_item(struct work_struct *work)
{
	list_del(&work->entry);
	if (work->state == WORK_QUEUED)
		work->wq->nr_items--;
	set_state(work, WORK_IDLE);
}

EXPORT bool queue_work(struct workqueue_struct *wq, struct work_struct *work)
{
	bool queued;

	pi_lock(&lock);
	queued = work->state == WORK_IDLE && is_open(wq, work);
	if (queued)
		enqueue(wq, work);
	pi_unlock(&lock);

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

	pi_lock(&lock);
	/* Or somebody was quicker. */
	if (dwork->work.state == WORK_DELAYED)
		enqueue_delayed(dwork);
	pi_unlock(&lock);
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
	set_state(&dwork->work, WORK_DELAYED);
	list_add_tail(&dwork->work.entry, &delayed);
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

	pi_lock(&lock);
	queued = work->state == WORK_IDLE && is_open(wq, work);
	if (queued)
		begin_delay(wq, dwork, delay);
	pi_unlock(&lock);

	return queued;
}

/* Off its list; true if it was on one. Locked. */
static bool take_off(struct work_struct *work)
{
	if (work->state < WORK_QUEUED)
		return false;

	unlink_item(work);
	finish(work->serial);
	/* For who waits for the queue. */
	irq_work_queue(&work->wq->kick);

	return true;
}

static bool take_off_delayed(struct delayed_work *dwork)
{
	if (dwork->work.state != WORK_DELAYED)
		return take_off(&dwork->work);

	timer_delete(&dwork->timer);
	list_del(&dwork->work.entry);
	set_state(&dwork->work, WORK_IDLE);

	return true;
}

EXPORT bool mod_delayed_work(struct workqueue_struct *wq,
			     struct delayed_work *dwork, unsigned long delay)
{
	bool was_pending;

	pi_lock(&lock);
	was_pending = take_off_delayed(dwork);
	if (is_open(wq, &dwork->work))
		begin_delay(wq, dwork, delay);
	pi_unlock(&lock);

	return was_pending;
}

EXPORT bool cancel_work(struct work_struct *work)
{
	bool was_pending;

	pi_lock(&lock);
	was_pending = take_off(work);
	pi_unlock(&lock);

	return was_pending;
}

EXPORT bool cancel_delayed_work(struct delayed_work *dwork)
{
	bool was_pending;

	pi_lock(&lock);
	was_pending = take_off_delayed(dwork);
	pi_unlock(&lock);

	return was_pending;
}

/* May the caller wait for items? */
static bool may_wait(void)
{
	static struct ratelimit_state limit;

	if (is_inband())
		return wait_allowed();

	if (__ratelimit(&limit))
		log_err("a driver tried to wait for work items out-of-band, "
			"where it must not");

	return false;
}

/* Until @flusher, which says what for, is done. Locked, and on return. */
static void flush(struct flusher *flusher)
{
	flusher->done = false;
	wait_queue_init(&flusher->sleep, WAIT_FIFO);
	list_add_tail(&flusher->link, &flushers);
	pi_unlock(&lock);

	pi_lock(&flusher->sleep.lock);
	while (!flusher->done)
		wait_queue_sleep_uninterruptible(&flusher->sleep,
						 DEADLINE_NONE);
	pi_unlock(&flusher->sleep.lock);

	pi_lock(&lock);
}

/* Not for oneself, that would be for ever. */
static bool is_self(const struct runner *runner)
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

	pi_lock(&lock);
	was_pending = take_off(work);
	work->nr_cancels++;
	pi_unlock(&lock);

	if (may_wait())
		runner = runner_of(work);

	pi_lock(&lock);
	if (runner && !is_self(runner)) {
		flusher.serial = runner->serial;
		flush(&flusher);
	}
	work->nr_cancels--;
	pi_unlock(&lock);

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

	if (!may_wait())
		return false;

	pi_lock(&lock);
	runner = runner_of(work);
	if (work->state >= WORK_QUEUED)
		flusher.serial = work->serial;
	else if (runner)
		flusher.serial = runner->serial;
	if (runner && is_self(runner))
		flusher.serial = 0;
	if (flusher.serial)
		flush(&flusher);
	pi_unlock(&lock);

	return flusher.serial != 0;
}

EXPORT bool flush_delayed_work(struct delayed_work *dwork)
{
	pi_lock(&lock);
	if (dwork->work.state == WORK_DELAYED) {
		timer_delete(&dwork->timer);
		enqueue_delayed(dwork);
	}
	pi_unlock(&lock);

	return flush_work(&dwork->work);
}

/* May the caller wait for all of @wq? Not from one of its own items. */
static bool may_flush(const struct workqueue_struct *wq)
{
	const struct runner *self;

	if (!may_wait())
		return false;
	self = runner_self();

	return self == NULL || self->wq != wq || !is_self(self);
}

EXPORT void flush_workqueue(struct workqueue_struct *wq)
{
	struct flusher flusher = { .wq = wq };

	if (!may_flush(wq))
		return;

	pi_lock(&lock);
	flusher.serial = last_serial;
	if (has_left(wq, flusher.serial))
		flush(&flusher);
	pi_unlock(&lock);
}

static void set_draining(struct workqueue_struct *wq, bool draining)
{
	pi_lock(&lock);
	wq->draining = draining;
	pi_unlock(&lock);
}

/* Until nothing is left, nor can come; its own items may queue more. */
static void empty(struct workqueue_struct *wq)
{
	struct flusher flusher = { .wq = wq };

	set_draining(wq, true);
	pi_lock(&lock);
	for (; has_left(wq, UINT64_MAX); flush(&flusher))
		flusher.serial = UINT64_MAX;
	pi_unlock(&lock);
}

EXPORT void drain_workqueue(struct workqueue_struct *wq)
{
	if (!may_flush(wq))
		return;

	empty(wq);
	set_draining(wq, false);
}

EXPORT struct work_struct *current_work(void)
{
	const struct runner *self = is_inband() ? runner_self() : NULL;

	return self ? (struct work_struct *)self->item : NULL;
}

EXPORT unsigned int work_busy(struct work_struct *work)
{
	unsigned int busy = work_pending(work) ? WORK_BUSY_PENDING : 0;

	if (is_inband() && runner_of(work))
		busy |= WORK_BUSY_RUNNING;

	return busy;
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
		other = runner_of(work);
		if (other == NULL)
			return work;
		/* It must not run beside itself. */
		list_move_tail(&work->entry, &other->again);
		set_state(work, WORK_AGAIN);
		wq->nr_items--;
	}

	return NULL;
}

/* False: there was nothing to run. */
static bool run_item(struct runner *runner)
{
	struct work_struct *work;

	pi_lock(&lock);
	work = take_item(runner);
	if (work) {
		unlink_item(work);
		runner->item = work;
		runner->func = work->func;
		runner->serial = work->serial;
		runner->whose = whose(work);
	}
	pi_unlock(&lock);
	if (work == NULL)
		return false;

	runner->func(work);

	pi_lock(&lock);
	runner->item = NULL;
	finish(runner->serial);
	check_queue_flushers();
	pi_unlock(&lock);
	wait_queue_flush(&ends, 0);

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
	list_add_tail(&runner.link, &runners);
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

	pi_lock(&lock);
	nr_items = wq->nr_items;
	check_queue_flushers();
	pi_unlock(&lock);

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

static struct workqueue_struct *const system_queues[] = {
	&system_wq_queue,	    &system_highpri_wq_queue,
	&system_long_wq_queue,	    &system_unbound_wq_queue,
	&system_freezable_wq_queue, &system_power_efficient_wq_queue,
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
	pi_lock(&lock);
	list_add_tail(&wq->link, &queues);
	pi_unlock(&lock);

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
	pi_lock(&lock);
	list_del(&wq->link);
	pi_unlock(&lock);
	free(wq);
}

/*
 * Drivers which go.
 */

void workqueue_add_wrapper(work_func_t func,
			   const void *(*its)(const struct work_struct *work))
{
	int i = 0;

	pi_lock(&lock);
	while (wrappers[i].func && wrappers[i].func != func)
		i++;
	assert(i < MAX_WRAPPERS);
	wrappers[i].func = func;
	wrappers[i].whose = its;
	pi_unlock(&lock);
}

/* One of @mod's in @list. */
static struct work_struct *find_in(const struct list_head *list,
				   const struct module *mod)
{
	struct work_struct *work;

	list_for_each_entry(work, list, entry)
		if (image_is_of(whose(work), mod))
			return work;

	return NULL;
}

/* One of @mod's that waits, wherever that is. In-band, locked. */
static struct work_struct *find_of(const struct module *mod)
{
	struct work_struct *work = find_in(&delayed, mod);
	const struct workqueue_struct *wq;
	const struct runner *runner;

	for (size_t i = 0; work == NULL && i < ARRAY_SIZE(system_queues); i++)
		work = find_in(&system_queues[i]->items, mod);
	list_for_each_entry(wq, &queues, link)
		if (work == NULL)
			work = find_in(&wq->items, mod);
	list_for_each_entry(runner, &runners, link)
		if (work == NULL)
			work = find_in(&runner->again, mod);

	return work;
}

static unsigned int take_off_those_of(const struct module *mod)
{
	struct work_struct *work;
	unsigned int count = 0;

	pi_lock(&lock);
	for (; (work = find_of(mod)); count++) {
		if (work->state == WORK_DELAYED)
			take_off_delayed(
				container_of(work, struct delayed_work, work));
		else
			take_off(work);
	}
	pi_unlock(&lock);

	return count;
}

bool work_runs_on(const struct module *mod)
{
	const struct runner *runner;

	list_for_each_entry(runner, &runners, link)
		if (runner->item && image_is_of(runner->whose, mod))
			return true;

	return false;
}

static void set_going(const struct module *mod)
{
	pi_lock(&lock);
	going = mod;
	pi_unlock(&lock);
}

unsigned int work_unload(struct module *mod)
{
	unsigned int count;
	uint64_t deadline = clock_ns() + PATIENCE_NS;
	int ret = 0;

	set_going(mod);
	count = take_off_those_of(mod);
	pi_lock(&ends.lock);
	while (work_runs_on(mod) && ret == 0)
		ret = wait_queue_sleep_uninterruptible(&ends, deadline);
	pi_unlock(&ends.lock);
	set_going(NULL);
	if (ret)
		log_err("driver %s: a work item of it does not end", mod->name);

	return count;
}
