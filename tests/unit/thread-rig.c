/* SPDX-License-Identifier: MIT */
#include "thread-rig.h"

#include "core/kthread.h"
#include "core/rq.h"
#include "core/thread-element.h"
#include "core/thread.h"
#include "stage/clock.h"
#include "vfs/node.h"

#define MAX_APPS   16
#define MAX_ROUNDS 200

struct stage rig_workers[2];
void (*rig_on_node)(void);

static struct stack_pool *stacks;
static struct rig_app *apps[MAX_APPS];
static unsigned int nr_apps;
static bool stepping; /* or an in-band fiber steps within a step */

static int show(struct node *node)
{
	if (rig_on_node)
		rig_on_node();

	return 0;
}

static void hide(struct node *node)
{
}

static void drain(void)
{
}

static const struct node_host front = {
	.add = show,
	.remove = hide,
	.drain = drain,
};

static void no_kick(struct stage *stage)
{
}

void rig_go_to(struct stage *stage)
{
	stage_leave(stage_self);
	stage_enter(stage);
}

/* As stage_run_until_idle(), but for who is never idle. */
static bool step_worker(struct stage *worker)
{
	bool busy, did = false;
	int rounds = MAX_ROUNDS;

	rig_go_to(worker);
	do {
		busy = stage_run_inbox(worker);
		busy |= timer_run(&worker->timers, clock_ns()) > 0;
		busy |= stage_run_one(worker);
		did |= busy;
	} while (busy && --rounds);
	rig_go_to(&inband_stage);

	return did;
}

static bool has_work(struct stage *stage)
{
	return stage_has_ready(stage) || !stage_inbox_empty(stage);
}

void rig_step(void)
{
	struct stage *here = stage_self;
	int rounds = MAX_ROUNDS;
	bool busy;

	ck_assert(!stepping && fiber_current() == NULL);
	stepping = true;
	rig_go_to(&inband_stage);
	do {
		inband_run_once(false);
		busy = step_worker(&rig_workers[0]);
		busy |= step_worker(&rig_workers[1]);
		busy |= has_work(&inband_stage);
	} while (busy && --rounds);
	rig_go_to(here);
	stepping = false;
}

void rig_pass_time(uint64_t ns)
{
	for (int i = 0; i < 2; i++) {
		rig_go_to(&rig_workers[i]);
		timer_run(&rig_workers[i].timers, clock_ns() + ns);
		rig_go_to(&inband_stage);
	}
	rig_step();
}

void rig_setup(void)
{
	ck_assert_int_eq(stack_pool_new(65536, RIG_STACKS, &stacks), 0);
	ck_assert_int_eq(inband_init(stacks, 16), 0);
	ck_assert_int_eq(node_set_host(&front), 0);
	for (unsigned int i = 0; i < 2; i++) {
		stage_init(&rig_workers[i], "worker", true, no_kick);
		ck_assert_int_eq(rq_add(&rig_workers[i], RIG_CPU(i)), 0);
	}
	kthread_init(stacks);
	ck_assert_int_eq(thread_init(32), 0);
	nr_apps = 0;
	rig_on_node = NULL;
}

void rig_teardown(void)
{
	while (nr_apps)
		rig_app_end(apps[0], true);
	rig_step();
	ck_assert_uint_eq(kthread_count(), 0);
	thread_exit();
	rq_remove_all();
	node_set_host(NULL);
	ck_assert_uint_eq(inband_exit(), 0);
	stacks = stack_pool_free(stacks);
}

struct fiber *rig_inband(void (*entry)(void *arg), void *arg)
{
	struct fiber *fiber;

	ck_assert_int_eq(inband_spawn(entry, arg, &fiber), 0);
	rig_step();

	return fiber;
}

struct run_call {
	struct evl_kthread *kthread;
	int cpu;
	void (*threadfn)(void *arg);
	void *arg;
	int prio;
	int ret;
};

static void run(void *arg)
{
	struct run_call *call = arg;

	call->ret = evl_run_kthread_on_cpu(
		call->kthread, call->cpu, call->threadfn, call->arg, call->prio,
		EVL_CLONE_PRIVATE, "%s", "");
}

int rig_run(struct evl_kthread *kthread, unsigned int nr,
	    void (*threadfn)(void *arg), void *arg, int prio)
{
	struct run_call call = {
		.kthread = kthread,
		.cpu = RIG_CPU(nr),
		.threadfn = threadfn,
		.arg = arg,
		.prio = prio,
		.ret = PENDING,
	};

	rig_inband(run, &call);

	return call.ret;
}

static void stop(void *arg)
{
	evl_stop_kthread(arg);
}

void rig_stop(struct evl_kthread *kthread)
{
	rig_inband(stop, kthread);
}

static void start_app(struct rig_app *app, void (*entry)(void *arg), void *arg)
{
	rig_go_to(app->fiber->stage);
	fiber_start(app->fiber, entry, arg, thread_prio(&app->thread));
	rig_go_to(&inband_stage);
	rig_step();
}

void rig_app(struct rig_app *app, unsigned int nr, void (*entry)(void *arg),
	     void *arg, int prio)
{
	ck_assert_uint_lt(nr_apps, MAX_APPS);
	apps[nr_apps++] = app;
	ck_assert_int_eq(fiber_new(&rig_workers[nr], stacks, &app->fiber), 0);
	thread_begin(&app->thread, app->fiber, "app", prio, EVL_T_USER);
	start_app(app, entry, arg);
}

void rig_app_again(struct rig_app *app, void (*entry)(void *arg), void *arg)
{
	start_app(app, entry, arg);
}

void rig_app_end(struct rig_app *app, bool orderly)
{
	unsigned int i;

	rig_go_to(app->fiber->stage);
	fiber_break(app->fiber);
	rig_go_to(&inband_stage);
	rig_step();
	ck_assert_int_eq(app->fiber->state, FIBER_IDLE);
	rig_go_to(app->fiber->stage);
	thread_end(&app->thread, orderly);
	rig_go_to(&inband_stage);
	app->fiber = fiber_free(app->fiber, stacks);

	for (i = 0; apps[i] != app; i++)
		ck_assert_uint_lt(i, nr_apps);
	apps[i] = apps[--nr_apps];
	rig_step();
}
