/* SPDX-License-Identifier: MIT */
#include "stage/stage.h"

#include "base/error.h"
#include "stage/clock.h"
#include "stage/pi-mutex.h"
#include "stage/signal-stack.h"
#include "stage/wait.h"

#include <errno.h>
#include <stdlib.h>

__thread struct stage *stage_self;

struct list_head fiber_list = LIST_HEAD_INIT(fiber_list);

void stage_init(struct stage *stage, const char *name, bool oob,
		void (*kick)(struct stage *stage))
{
	*stage = (struct stage){ .name = name, .oob = oob, .kick = kick };
	timer_base_init(&stage->timers);
	for (int i = 0; i < STAGE_NR_PRIOS; i++)
		INIT_LIST_HEAD(&stage->ready[i]);
}

void stage_enter(struct stage *stage)
{
	assert(stage_self == NULL);
	fiber_context_adopt(&stage->scheduler);
	stage->signal_stack = signal_stack_new();
	stage_self = stage;
}

void stage_leave(struct stage *stage)
{
	assert(stage_self == stage && stage->running == NULL);
	stage_self = NULL;
	signal_stack_free(stage->signal_stack);
}

void stage_post(struct stage *stage, struct stage_item *item)
{
	struct stage_item *head;

	/* Relaxed: the exchange below checks it. */
	head = atomic_load_explicit(&stage->inbox, memory_order_relaxed);
	do
		item->next = head;
	/* Publishes @item to stage_run_inbox(); seq_cst because the stage
	 * announces its sleep, then looks here, and we look whether it sleeps
	 * after this. */
	while (!atomic_compare_exchange_weak_explicit(
		&stage->inbox, &head, item, memory_order_seq_cst,
		memory_order_relaxed));

	if (head == NULL && stage != stage_self)
		stage->kick(stage);
}

bool stage_run_inbox(struct stage *stage)
{
	struct stage_item *item, *next, *oldest = NULL;

	/* Relaxed look first: usually it is empty and its line stays shared. */
	if (atomic_load_explicit(&stage->inbox, memory_order_relaxed) == NULL)
		return false;

	/* Acquire: pairs with stage_post(). */
	item = atomic_exchange_explicit(&stage->inbox, NULL,
					memory_order_acquire);
	for (; item; item = next) {
		next = item->next;
		item->next = oldest;
		oldest = item;
	}

	for (item = oldest; item; item = next) {
		next = item->next;
		item->func(item);
	}

	return oldest != NULL;
}

static void enqueue(struct fiber *fiber, int prio)
{
	struct stage *stage = fiber->stage;

	fiber->state = FIBER_READY;
	fiber->queue_prio = prio;
	list_add_tail(&fiber->link, &stage->ready[prio]);
	stage->ready_bits[prio / 64] |= UINT64_C(1) << prio % 64;
}

static void dequeue(struct fiber *fiber)
{
	struct stage *stage = fiber->stage;
	int prio = fiber->queue_prio;

	list_del(&fiber->link);
	if (list_empty(&stage->ready[prio]))
		stage->ready_bits[prio / 64] &= ~(UINT64_C(1) << prio % 64);
}

static void make_ready(struct fiber *fiber)
{
	if (fiber->held)
		fiber->state = FIBER_HELD;
	else
		enqueue(fiber, fiber->prio);
}

static __always_inline struct fiber *take_first(struct stage *stage)
{
	struct fiber *fiber;
	int prio;

	if (stage->ready_bits[1])
		prio = 127 - __builtin_clzll(stage->ready_bits[1]);
	else
		prio = 63 - __builtin_clzll(stage->ready_bits[0]);

	fiber = list_first_entry(&stage->ready[prio], struct fiber, link);
	dequeue(fiber);

	return fiber;
}

/*
 * From the scheduler: let @fiber run until it sleeps, yields or ends. Inline,
 * whatever the compiler thinks: after a switch each return to a caller is one
 * which the processor did not expect (6 ns).
 */
static __always_inline void run_fiber(struct stage *stage, struct fiber *fiber)
{
	fiber->state = FIBER_RUNNING;
	stage_turn(stage);
	/* Relaxed, both: for who watches us, stage_look(),
	 * stage_running_now(). */
	__atomic_store_n(&stage->running, fiber, __ATOMIC_RELAXED);
	fiber_context_switch(&stage->scheduler, &fiber->context);
	__atomic_store_n(&stage->running, NULL, __ATOMIC_RELAXED);

	if (fiber->state == FIBER_IDLE) {
		stage->nr_fibers--;
		if (fiber->ended)
			fiber->ended(fiber);
	}
}

bool stage_run_one(struct stage *stage)
{
	if (!stage_has_ready(stage))
		return false;

	run_fiber(stage, take_first(stage));

	return true;
}

bool stage_run_until_idle(struct stage *stage)
{
	bool busy, did = false;

	do {
		busy = stage_run_inbox(stage);
		if (stage->timers.next_date != UINT64_MAX)
			busy |= timer_run(&stage->timers, clock_ns()) > 0;
		busy |= stage_run_one(stage);
		did |= busy;
	} while (busy);

	return did;
}

/* The life of a fiber: one entry after the other, idle in between. */
static void fiber_main(void *arg)
{
	struct fiber *fiber = arg;

	for (;;) {
		fiber->entry(fiber->arg);
		assert(pi_mutex_depth == 0); /* it left with a lock held */
		fiber->state = FIBER_IDLE;
		fiber_context_switch(&fiber->context, &fiber->stage->scheduler);
	}
}

/* Again, after fiber_start_over(). */
__attribute__((no_sanitize("thread"))) static void fiber_main_again(void *arg)
{
	struct fiber *fiber = arg;

	fiber_context_diverted(&fiber->context);
	fiber_main(fiber);
}

bool fiber_start_over(struct fiber *fiber, void *uc, void (*entry)(void *arg))
{
	if (fiber->call ||
	    !fiber_context_divert(&fiber->context, uc, fiber_main_again, fiber))
		return false;

	fiber->entry = entry;

	return true;
}

/* fiber_wake() from another thread arrives. */
static void wake_here(struct stage_item *item)
{
	make_ready(container_of(item, struct fiber, wake_item));
}

int fiber_new(struct stage *stage, struct stack_pool *pool,
	      struct fiber **r_fiber)
{
	struct fiber *fiber;
	int ret;

	fiber = calloc(1, sizeof(*fiber));
	if (fiber == NULL)
		return err_origin(-ENOMEM);

	ret = stack_get(pool, stage->oob, &fiber->stack);
	if (ret) {
		free(fiber);
		return ret;
	}

	fiber->stage = stage;
	fiber->wake_item.func = wake_here;
	fiber_context_make(&fiber->context, fiber->stack->base,
			   fiber->stack->size, fiber_main, fiber);
	list_add_tail(&fiber->all, &fiber_list);
	*r_fiber = fiber;

	return 0;
}

struct fiber *fiber_free(struct fiber *fiber, struct stack_pool *pool)
{
	if (fiber == NULL)
		return NULL;

	assert(fiber->state == FIBER_IDLE);
	list_del(&fiber->all);
	fiber_context_drop(&fiber->context);
	stack_put(pool, fiber->stack);
	free(fiber);

	return NULL;
}

static void prepare(struct fiber *fiber, void (*entry)(void *arg), void *arg,
		    int prio)
{
	assert(fiber->state == FIBER_IDLE && prio >= 0 &&
	       prio < STAGE_NR_PRIOS);

	fiber->entry = entry;
	fiber->arg = arg;
	fiber->prio = prio;
	fiber->broken = false;
	fiber->nr_refused = 0;
	fiber->nr_looks = 0;
	fiber->call = NULL; /* of one which it never came back from */
	fiber->stage->nr_fibers++;
}

void fiber_start(struct fiber *fiber, void (*entry)(void *arg), void *arg,
		 int prio)
{
	prepare(fiber, entry, arg, prio);
	make_ready(fiber);
}

void fiber_start_now(struct fiber *fiber, void (*entry)(void *arg), void *arg,
		     int prio)
{
	prepare(fiber, entry, arg, prio);
	run_fiber(fiber->stage, fiber);
}

/* The running fiber is in a run queue, or wherever its state says. */
static void leave_thread(struct fiber *fiber)
{
	assert(pi_mutex_depth == 0);
	fiber_context_switch(&fiber->context, &fiber->stage->scheduler);
}

void fiber_yield(void)
{
	struct fiber *fiber = fiber_current();

	assert(fiber);
	make_ready(fiber);
	leave_thread(fiber);
}

void fiber_give_way(void)
{
	struct fiber *fiber = fiber_current();

	assert(fiber && !fiber->held);
	enqueue(fiber, 0);
	leave_thread(fiber);
}

void fiber_exit(void)
{
	struct fiber *fiber = fiber_current();

	assert(fiber);
	fiber->state = FIBER_IDLE;
	leave_thread(fiber);
	abort(); /* started again instead of being freed */
}

void fiber_set_prio(struct fiber *fiber, int prio)
{
	if (wait_queue_requeue(fiber, prio))
		return;

	fiber->prio = prio;
	if (fiber->state == FIBER_READY) {
		dequeue(fiber);
		enqueue(fiber, prio);
	}
}

void fiber_hold(struct fiber *fiber)
{
	if (fiber->broken && fiber->state != FIBER_IDLE)
		return;

	fiber->held = true;
	if (fiber->state == FIBER_READY) {
		dequeue(fiber);
		fiber->state = FIBER_HELD;
	}
}

void fiber_release(struct fiber *fiber)
{
	fiber->held = false;
	if (fiber->state == FIBER_HELD)
		make_ready(fiber);
}

void fiber_rest(void)
{
	struct fiber *fiber = fiber_current();

	assert(fiber);
	if (!fiber->held)
		return;
	fiber->state = FIBER_HELD;
	leave_thread(fiber);
}

void fiber_unblock(struct fiber *fiber, int status)
{
	if (fiber->state == FIBER_ASLEEP && fiber->interruptible &&
	    wait_queue_abort(fiber, status))
		fiber_wake(fiber);
}

void fiber_break(struct fiber *fiber)
{
	if (fiber->state == FIBER_IDLE)
		return;

	fiber->broken = true;
	fiber_unblock(fiber, -EINTR);
	fiber_release(fiber);
}

bool fiber_asleep_uninterruptibly(const struct fiber *fiber)
{
	return fiber->state == FIBER_ASLEEP && !fiber->interruptible;
}

void fiber_sleep(struct fiber *fiber)
{
	fiber->state = FIBER_ASLEEP;
	fiber->nr_looks = 0;
	leave_thread(fiber);
}

void fiber_wake(struct fiber *fiber)
{
	if (fiber->stage == stage_self)
		make_ready(fiber);
	else
		stage_post(fiber->stage, &fiber->wake_item);
}
