/* SPDX-License-Identifier: MIT */
#include "stage/inband.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "stage/call.h"
#include "stage/clock.h"
#include "stage/own-call.h"
#include "stage/wait.h"

#include <errno.h>
#include <ev.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct stage inband_stage;

static struct ev_loop *loop;
/* Another thread posted something. No ev_async: the one system call which a
 * worker makes for it is to be marked as our own. */
static ev_io doorbell;
static int bell_fd = -1;       /* owned, eventfd */
static _Atomic(bool) sleeping; /* or about to */
static ev_prepare before_sleep;
static ev_check after_sleep;
static ev_io date_watcher;
static int date_fd = -1;    /* owned: a timerfd for the stage's first timer */
static uint64_t date_armed; /* what it is set to; UINT64_MAX: not at all */
static ev_idle keep_going;
static bool one_round; /* inband_run_once() */
static bool over;      /* inband_break() */
static ev_io clock_watcher;
static int clock_fd = -1; /* owned: a timerfd which tells of the clock */
static void (*clock_set)(void);

/* Fibers at rest. They are made as needed and kept. */
static LIST_HEAD(idle_fibers);
static struct stack_pool *stacks;
static unsigned int nr_fibers, max_nr_fibers;

#define NR_WATCHERS 4  /* of our own, from inband_init() to inband_exit() */
#define KEPT_FIBERS 64 /* idle ones beyond this many are freed */

static void kick_inband(struct stage *stage)
{
	uint64_t one = 1;

	(void)stage;
	/*
	 * seq_cst: stage_post() wrote the inbox before; on_prepare() sets
	 * @sleeping, then looks at the inbox.
	 */
	if (!atomic_load_explicit(&sleeping, memory_order_seq_cst))
		return;
	while (own_write(bell_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void on_doorbell(struct ev_loop *l, ev_io *w, int revents)
{
	uint64_t count;

	(void)l, (void)w, (void)revents;
	/* before_sleep does the work. */
	while (own_read(bell_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

static void on_check(struct ev_loop *l, ev_check *w, int revents)
{
	(void)l, (void)w, (void)revents;
	/* Relaxed: at worst we are kicked while awake. */
	atomic_store_explicit(&sleeping, false, memory_order_relaxed);
}

/* A date which is awaited keeps the loop alive. */
static void note_armed(uint64_t date)
{
	if (date_armed == UINT64_MAX && date != UINT64_MAX)
		ev_ref(loop);
	if (date_armed != UINT64_MAX && date == UINT64_MAX)
		ev_unref(loop);
	date_armed = date;
}

static void on_date(struct ev_loop *l, ev_io *w, int revents)
{
	uint64_t count;

	(void)l, (void)w, (void)revents; /* before_sleep does the work */
	if (read(date_fd, &count, sizeof(count)) < 0)
		return;
	note_armed(UINT64_MAX);
}

static void on_idle(struct ev_loop *l, ev_idle *w, int revents)
{
	(void)revents;
	ev_idle_stop(l, w);
}

/* Have libev wake us for the first timer of the stage: by a timerfd, as libev's
 * own timers are for milliseconds. */
static void arm_date(void)
{
	uint64_t date = inband_stage.timers.next_date;
	struct itimerspec spec = { .it_value.tv_sec = 0 };

	if (date == date_armed)
		return;

	note_armed(date);
	if (date != UINT64_MAX) {
		spec.it_value.tv_sec = (time_t)(date / NS_PER_SEC);
		/* All zeroes would be never. */
		spec.it_value.tv_nsec = (long)(date % NS_PER_SEC) + !date;
	}
	timerfd_settime(date_fd, TFD_TIMER_ABSTIME, &spec, NULL);
}

/* Who gave way to the loop. */
static struct wait_queue give_way = {
	.waiters = LIST_HEAD_INIT(give_way.waiters),
};

static bool anybody_gave_way(void)
{
	/* In-band fibers alone sleep there: no lock is needed to look. */
	return wait_queue_active_locked(&give_way);
}

static void on_prepare(struct ev_loop *l, ev_prepare *w, int revents)
{
	bool did;

	(void)w, (void)revents;
	wait_queue_flush(&give_way, 0);
	did = stage_run_until_idle(&inband_stage);
	arm_date();
	/* seq_cst: pairs with kick_inband(), as does the look below. */
	atomic_store_explicit(&sleeping, true, memory_order_seq_cst);
	/* A post by a fiber's own thread rings no doorbell. And who wants one
	 * round may have been waiting for just what was done. */
	if ((one_round && did) || anybody_gave_way() ||
	    !stage_inbox_empty(&inband_stage))
		ev_idle_start(l, &keep_going);
}

static int open_fds(void)
{
	bell_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (bell_fd < 0)
		return err_origin(-errno);

	date_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (date_fd < 0) {
		bell_fd = fd_close(bell_fd);
		return err_origin(-errno);
	}

	return 0;
}

int inband_init(struct stack_pool *pool, unsigned int max_fibers)
{
	int ret;

	/* No signal handlers: one that ran on a fiber would be lost on
	 * ThreadSanitizer, which keeps it for when that fiber next runs. */
	loop = ev_loop_new(EVFLAG_AUTO | EVFLAG_NOSIGMASK | EVFLAG_SIGNALFD);
	if (loop == NULL)
		return err_origin(-ENOMEM);

	ret = open_fds();
	if (ret) {
		ev_loop_destroy(loop);
		return err_trace(ret);
	}

	stacks = pool;
	max_nr_fibers = max_fibers;
	date_armed = UINT64_MAX;
	stage_init(&inband_stage, "in-band", false, kick_inband);
	stage_enter(&inband_stage);

	ev_prepare_init(&before_sleep, on_prepare);
	ev_prepare_start(loop, &before_sleep);
	ev_check_init(&after_sleep, on_check);
	ev_check_start(loop, &after_sleep);
	ev_io_init(&doorbell, on_doorbell, bell_fd, EV_READ);
	ev_io_start(loop, &doorbell);
	ev_io_init(&date_watcher, on_date, date_fd, EV_READ);
	ev_io_start(loop, &date_watcher);
	ev_idle_init(&keep_going, on_idle);
	/* None of these keeps the loop alive by itself. */
	for (int i = 0; i < NR_WATCHERS; i++)
		ev_unref(loop);

	return 0;
}

static void free_idle_fibers(unsigned int keep)
{
	struct fiber *fiber, *tmp;

	list_for_each_entry_safe(fiber, tmp, &idle_fibers, link) {
		if (nr_fibers <= keep)
			return;
		list_del(&fiber->link);
		fiber_free(fiber, stacks);
		nr_fibers--;
	}
}

static void arm_clock(void)
{
	/* So far away that it never fires; but it tells when it is cancelled. */
	const struct itimerspec never = { .it_value.tv_sec = INT64_C(1) << 40 };

	timerfd_settime(clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET,
			&never, NULL);
}

static void on_clock(struct ev_loop *l, ev_io *w, int revents)
{
	uint64_t count;

	(void)l, (void)w, (void)revents;
	if (read(clock_fd, &count, sizeof(count)) < 0 && errno == ECANCELED) {
		arm_clock();
		clock_set();
	}
}

int inband_watch_clock(void (*func)(void))
{
	clock_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	if (clock_fd < 0)
		return err_origin(-errno);

	clock_set = func;
	arm_clock();
	ev_io_init(&clock_watcher, on_clock, clock_fd, EV_READ);
	ev_io_start(loop, &clock_watcher);
	ev_unref(loop);

	return 0;
}

static void unwatch_clock(void)
{
	if (clock_fd < 0)
		return;

	ev_ref(loop);
	ev_io_stop(loop, &clock_watcher);
	clock_fd = fd_close(clock_fd);
}

unsigned int inband_exit(void)
{
	unwatch_clock();
	stage_run_until_idle(&inband_stage);
	free_idle_fibers(0);
	stage_leave(&inband_stage);
	note_armed(UINT64_MAX);
	for (int i = 0; i < NR_WATCHERS; i++)
		ev_ref(loop);
	ev_loop_destroy(loop);
	date_fd = fd_close(date_fd);
	loop = NULL;
	bell_fd = fd_close(bell_fd);

	return nr_fibers;
}

struct ev_loop *inband_loop(void)
{
	return loop;
}

void inband_run(void)
{
	if (!over)
		ev_run(loop, 0);
}

void inband_give_way(void)
{
	assert(fiber_current() && stage_self == &inband_stage);
	pi_lock(&give_way.lock);
	wait_queue_sleep_uninterruptible(&give_way, DEADLINE_NONE);
	pi_unlock(&give_way.lock);
}

void inband_break(void)
{
	over = true;
	ev_break(loop, EVBREAK_ALL);
}

bool inband_is_over(void)
{
	return over;
}

void inband_run_once(bool block)
{
	one_round = true;
	ev_run(loop, block ? EVRUN_ONCE : EVRUN_NOWAIT);
	one_round = false;
}

static void on_deadline(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)l, (void)revents;
	*(bool *)w->data = true;
}

bool inband_run_until(bool (*done)(void), uint64_t deadline)
{
	uint64_t now = clock_ns();
	bool late = deadline <= now;
	ev_timer timer;

	/* Perhaps there is no loop yet. */
	if (done())
		return true;

	ev_timer_init(&timer, on_deadline, (double)(deadline - now) / 1e9, 0.);
	timer.data = &late;
	ev_now_update(loop);
	if (!late)
		ev_timer_start(loop, &timer);
	while (!done() && !late)
		inband_run_once(true);
	ev_timer_stop(loop, &timer);

	return done();
}

static void fiber_at_rest(struct fiber *fiber)
{
	list_add(&fiber->link, &idle_fibers);
	if (nr_fibers > KEPT_FIBERS && nr_fibers > 2 * inband_stage.nr_fibers)
		free_idle_fibers(KEPT_FIBERS);
}

int inband_spawn(void (*entry)(void *arg), void *arg, struct fiber **r_fiber)
{
	struct fiber *fiber;
	int ret;

	if (!list_empty(&idle_fibers)) {
		fiber = list_first_entry(&idle_fibers, struct fiber, link);
		list_del(&fiber->link);
	} else {
		if (nr_fibers >= max_nr_fibers)
			return -EAGAIN;
		ret = fiber_new(&inband_stage, stacks, &fiber);
		if (ret)
			return ret;
		fiber->ended = fiber_at_rest;
		nr_fibers++;
	}

	fiber->task = NULL;
	fiber->thread = NULL;
	fiber->guard = NULL;
	fiber_start(fiber, entry, arg, 0);
	if (r_fiber)
		*r_fiber = fiber;

	return 0;
}

struct inband_call {
	void (*entry)(void *arg);
	void *arg;
	bool ended;
};

static void run_call(void *arg)
{
	struct inband_call *call = arg;

	call->entry(call->arg);
	call->ended = true;
}

int inband_call(void (*entry)(void *arg), void *arg)
{
	struct inband_call call = { .entry = entry, .arg = arg };
	int ret;

	ret = inband_spawn(run_call, &call, NULL);
	if (ret)
		return ret;

	while (!call.ended)
		inband_run_once(true);

	return 0;
}

/*
 * irq_work. The public struct holds a stage_item under neutral names.
 */
static_assert(sizeof(((struct irq_work *)0)->next) +
			      sizeof(((struct irq_work *)0)->item_func) ==
		      sizeof(struct stage_item),
	      "irq_work embeds a stage_item");
static_assert(offsetof(struct irq_work, item_func) -
			      offsetof(struct irq_work, next) ==
		      offsetof(struct stage_item, func),
	      "irq_work embeds a stage_item");

static struct stage_item *item_of(struct irq_work *work)
{
	return (struct stage_item *)(void *)&work->next;
}

static void run_irq_work(struct stage_item *item)
{
	struct irq_work *work =
		(struct irq_work *)(void *)((char *)item -
					    offsetof(struct irq_work, next));
	struct stage_call call = {
		.what = "irq_work function",
		.func = (const void *)work->func,
	};

	/* Before the call, so that what is queued meanwhile runs again.
	 * Acquire and release: pairs with irq_work_queue(). */
	__atomic_exchange_n(&work->pending, 0, __ATOMIC_ACQ_REL);
	stage_call_begin(&call);
	work->func(work);
	stage_call_end(&call);
}

bool irq_work_queue(struct irq_work *work)
{
	/* Release: what the caller did before, to run_irq_work() even if the
	 * work was queued already. */
	if (__atomic_exchange_n(&work->pending, 1, __ATOMIC_ACQ_REL))
		return false;

	item_of(work)->func = run_irq_work;
	stage_post(&inband_stage, item_of(work));

	return true;
}

void irq_work_sync(struct irq_work *work)
{
	assert(fiber_current() && stage_self == &inband_stage);

	/* Acquire: pairs with run_irq_work(). */
	while (__atomic_load_n(&work->pending, __ATOMIC_ACQUIRE))
		fiber_yield();
}
