/* SPDX-License-Identifier: MIT */
/*
 * A stage is a scheduler that runs fibers on one thread, highest priority
 * first, FIFO within one. The in-band stage (inband.h) is the main thread, each
 * out-of-band stage (oob.h) is a real-time worker. A fiber is one handler call
 * on its own stack; it never migrates, and while it runs nothing else of its
 * stage does.
 *
 * Everything here is called from the stage's own thread, but for stage_post(),
 * the one door into a stage from any other thread.
 */
#pragma once

#include "stage/context.h"
#include "stage/stack-pool.h"
#include "stage/timer.h"

#include <assert.h>
#include <linux/list.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct guard;
struct stage_call;
struct wait_queue;

#define STAGE_NR_PRIOS 102 /* 0 to 101, the highest runs first */

/*
 * Something to do on a stage's thread. Embedded in what it is about; posted by
 * any thread, belongs to the stage until ->func() is called there, from the
 * scheduler, on no fiber: it must not sleep.
 */
struct stage_item {
	struct stage_item *next;
	void (*func)(struct stage_item *item);
};

struct stage {
	const char *name;
	bool oob;
	unsigned int cpu; /* whose data it uses, see kapi/percpu.c */
	/* The stage's own thread; others may look, see stage_look(): */
	struct fiber *running; /* NULL: the scheduler itself */
	uint32_t turn;	       /* goes up whenever one of them begins to run */
	struct fiber_context scheduler;
	const struct stage_call *call; /* a driver's function, on no fiber */
	struct timer_base timers;
	uint64_t ready_bits[2]; /* priorities with ready fibers */
	struct list_head ready[STAGE_NR_PRIOS];
	unsigned int nr_fibers; /* in use */
	void *signal_stack;	/* owned; NULL: none, or not ours */
	unsigned int lenient;	/* system calls are our own, stage_lenient() */
	/* Any thread: items posted, newest first. */
	_Atomic(struct stage_item *) inbox;
	/* Wake the thread if it sleeps; called after each post to an empty
	 * inbox, from the posting thread. */
	void (*kick)(struct stage *stage);
};

enum fiber_state {
	FIBER_IDLE,    /* no entry: never started, or returned */
	FIBER_READY,   /* in a run queue */
	FIBER_RUNNING, /* this is stage->running */
	FIBER_ASLEEP,  /* on a wait queue, or woken by another thread and on
			* its way through the inbox */
	FIBER_HELD,    /* would be ready, but for fiber_hold() */
};

struct fiber {
	struct fiber_context context;
	struct stage *stage;   /* never changes */
	struct stack *stack;   /* owned */
	struct list_head link; /* run queue while READY, owner's use if IDLE */
	enum fiber_state state;
	int prio;	/* under wq->lock, too, while queued there */
	int queue_prio; /* READY: in which run queue */
	bool held;	/* fiber_hold() */
	/* How often it looked, in vain, since it last slept: kapi/processor. */
	unsigned int nr_looks;
	void (*entry)(void *arg);
	void *arg;
	/* Called from the scheduler after @entry returned; may be NULL. */
	void (*ended)(struct fiber *fiber);
	/* What the handler works for: the kernel's `current` and its like, and
	 * the core's thread. */
	void *task;
	void *thread;
	/* Who knows what to do if the handler faults, kapi/guard.h; may be
	 * NULL. */
	const struct guard *guard;
	const struct stage_call *call; /* the innermost, stage/call.h */
	/* Sleeping: */
	struct wait_queue *wq;	    /* where; ours while ASLEEP */
	struct list_head wait_link; /* under wq->lock, as the next */
	struct list_head leader_link;
	_Atomic(bool) queued; /* written under wq->lock */
	int wake_status;      /* written by who unlinked us */
	bool interruptible;   /* may fiber_break() end this sleep? As @queued */
	bool broken;	      /* fiber_break() was called: sticky */
	unsigned int nr_refused; /* sleeps since */
	struct stage_item wake_item;
	struct stage_timer timeout;
	struct list_head all; /* in-band: in fiber_list */
};

/* Every fiber of every stage, oldest first; in-band. For who debugs us, by
 * evl-cused-gdb.py, which knows struct fiber, too. */
extern struct list_head fiber_list;

/* The stage of the calling thread, NULL on a thread of no stage. */
extern __thread struct stage *stage_self;

static inline struct fiber *fiber_current(void)
{
	return stage_self ? stage_self->running : NULL;
}

/* Which fiber that is, as seen by any other thread: to tell, not to touch. */
static inline const struct fiber *stage_running_now(const struct stage *stage)
{
	return __atomic_load_n(&stage->running, __ATOMIC_RELAXED);
}

/* For the scheduler: something begins to run. Relaxed, here and below: who
 * watches the thread sees it now or later. */
static inline void stage_turn(struct stage *stage)
{
	__atomic_store_n(&stage->turn, stage->turn + 1, __ATOMIC_RELAXED);
}

/* Any thread: is something running? Its turn, in *@r_turn. */
static inline bool stage_look(const struct stage *stage, uint32_t *r_turn)
{
	*r_turn = __atomic_load_n(&stage->turn, __ATOMIC_RELAXED);

	return __atomic_load_n(&stage->running, __ATOMIC_RELAXED) ||
	       __atomic_load_n(&stage->call, __ATOMIC_RELAXED);
}

/*
 * Around library calls which we make on a worker for who runs there, and which
 * may make system calls: those are not the driver's. No sleep in between.
 */
static inline void stage_lenient(void)
{
	if (stage_self)
		stage_self->lenient++;
}

static inline void stage_strict(void)
{
	if (stage_self)
		stage_self->lenient--;
}

#define assert_oob()	assert(stage_self && stage_self->oob)
#define assert_inband() assert(!stage_self || !stage_self->oob)

void stage_init(struct stage *stage, const char *name, bool oob,
		void (*kick)(struct stage *stage));
/* The calling thread becomes the stage's; leave undoes it. */
void stage_enter(struct stage *stage);
void stage_leave(struct stage *stage);

/* Hand @item over. Any thread. Never blocks. @item is not pending already. */
void stage_post(struct stage *stage, struct stage_item *item);
/* Run what was posted. True: there was something. */
bool stage_run_inbox(struct stage *stage);

static inline bool stage_has_ready(const struct stage *stage)
{
	return (stage->ready_bits[0] | stage->ready_bits[1]) != 0;
}

static inline bool stage_inbox_empty(struct stage *stage)
{
	/* seq_cst: the look of a store-then-look with stage_post(). */
	return atomic_load_explicit(&stage->inbox, memory_order_seq_cst) ==
	       NULL;
}

/* Run the first ready fiber until it sleeps or ends. False: none is ready. */
bool stage_run_one(struct stage *stage);
/* Inbox, due timers and fibers until nothing is left to do right now. False:
 * there was nothing to do. */
bool stage_run_until_idle(struct stage *stage);

/*
 * A fiber of @stage, idle. In-band (it maps a stack). -EAGAIN: the pool's
 * limit is reached; -ENOMEM. Free it while idle, in-band too.
 */
int fiber_new(struct stage *stage, struct stack_pool *pool,
	      struct fiber **r_fiber);
struct fiber *fiber_free(struct fiber *fiber, struct stack_pool *pool);

/* Make an idle fiber ready to run @entry(@arg). On its stage's thread. */
void fiber_start(struct fiber *fiber, void (*entry)(void *arg), void *arg,
		 int prio);
/* As fiber_start(), and run it at once: only from the scheduler, with no
 * ready fiber of that priority or above. */
void fiber_start_now(struct fiber *fiber, void (*entry)(void *arg), void *arg,
		     int prio);

/* Go to the end of the queue of one's own priority. From a fiber. */
void fiber_yield(void);
/* The same, but let those of lower priorities have a turn, too. */
void fiber_give_way(void);
/* End here and now, whatever there is on the stack: from a fiber, which can
 * only be freed afterwards. */
_Noreturn void fiber_exit(void);

/* From now on @fiber is of priority @prio: behind its equals, where it is ready
 * or waits by priority. On its stage's thread. */
void fiber_set_prio(struct fiber *fiber, int prio);

/*
 * Keep @fiber from running until it is released or broken; what would make it
 * run meanwhile is remembered. On its stage's thread; the running fiber, which
 * may hold itself, calls fiber_rest() next.
 */
void fiber_hold(struct fiber *fiber);
void fiber_release(struct fiber *fiber);
void fiber_rest(void);

/*
 * Break the sleep of @fiber: it returns -EINTR from where it sleeps, and from
 * every interruptible sleep it tries until it ends. On its stage's thread.
 */
void fiber_break(struct fiber *fiber);
/* The same for one sleep: nothing happens if it is not asleep, and it returns
 * @status. */
void fiber_unblock(struct fiber *fiber, int status);
bool fiber_asleep_uninterruptibly(const struct fiber *fiber);

/*
 * From a signal handler which broke into the running fiber: it drops all it was
 * doing, and starts over in @entry(fiber->arg) on an empty stack. False: it is in
 * a call (stage/call.h), whose maker is half-way; or not on this architecture.
 */
bool fiber_start_over(struct fiber *fiber, void *uc, void (*entry)(void *arg));

/* For wait.c: leave the thread to others until fiber_wake(). */
void fiber_sleep(struct fiber *fiber);
/* For wait.c: @fiber is off its queue, by us; make it ready on its stage. Any
 * thread. */
void fiber_wake(struct fiber *fiber);
