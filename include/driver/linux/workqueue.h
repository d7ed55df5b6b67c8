/* SPDX-License-Identifier: MIT */
/*
 * Work for the in-band stage which may sleep: each item is a function that runs
 * on a fiber of its queue's, soon, or after a delay. Items are queued from any
 * stage. An item which is queued again while it is pending runs once; one which
 * is queued while it runs, runs again afterwards: never does it run beside
 * itself. It may free what embeds it.
 *
 * A queue starts its items in the order in which they came. One made by
 * alloc_ordered_workqueue() or with a max_active of 1 also ends one before it
 * starts the next.
 *
 * Source: driver-api 2.14, 5.2; as in Linux 6.6
 */
#ifndef _LINUX_WORKQUEUE_H
#define _LINUX_WORKQUEUE_H

#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/timer.h>
#include <linux/types.h>

struct work_struct;
struct workqueue_struct;

typedef void (*work_func_t)(struct work_struct *work);

struct work_struct {
	work_func_t func;
	/* The core's own: */
	struct list_head entry;
	struct workqueue_struct *wq;
	u64 serial; /* of its last queueing */
	u32 state;
	u32 nr_cancels; /* under way */
};

struct delayed_work {
	struct work_struct work;
	struct timer_list timer; /* the core's own, as what follows */
	struct workqueue_struct *wq;
};

/* clang-format off */
#define __WORK_INITIALIZER(name, f) { .func = (f) }
#define __DELAYED_WORK_INITIALIZER(name, f) \
	{ .work = __WORK_INITIALIZER((name).work, f) }
/* clang-format on */
#define DECLARE_WORK(name, f) \
	struct work_struct name = __WORK_INITIALIZER(name, f)
#define DECLARE_DELAYED_WORK(name, f) \
	struct delayed_work name = __DELAYED_WORK_INITIALIZER(name, f)
#define DECLARE_DEFERRABLE_WORK(name, f) DECLARE_DELAYED_WORK(name, f)

/**
 * INIT_WORK() - prepare an item
 * @work:	the item, not pending
 * @f:		void f(struct work_struct *work)
 *
 * Stage:  any.
 * Blocks: no.
 */
#define INIT_WORK(work, f) \
	(*(work) = (struct work_struct)__WORK_INITIALIZER(*(work), f))
#define INIT_DELAYED_WORK(dwork, f) \
	(*(dwork) =                 \
		 (struct delayed_work)__DELAYED_WORK_INITIALIZER(*(dwork), f))
#define INIT_WORK_ONSTACK(work, f)	    INIT_WORK(work, f)
#define INIT_DELAYED_WORK_ONSTACK(dwork, f) INIT_DELAYED_WORK(dwork, f)
#define INIT_DEFERRABLE_WORK(dwork, f)	    INIT_DELAYED_WORK(dwork, f)

static inline void destroy_work_on_stack(struct work_struct *work)
{
	(void)work;
}

static inline void destroy_delayed_work_on_stack(struct delayed_work *dwork)
{
	(void)dwork;
}

/* In the function of a delayed item: what embeds its argument. */
static inline struct delayed_work *to_delayed_work(struct work_struct *work)
{
	return container_of(work, struct delayed_work, work);
}

/* Of alloc_workqueue(). Only __WQ_ORDERED makes a difference here. */
#define WQ_UNBOUND	   0x02
#define WQ_FREEZABLE	   0x04
#define WQ_MEM_RECLAIM	   0x08
#define WQ_HIGHPRI	   0x10
#define WQ_CPU_INTENSIVE   0x20
#define WQ_SYSFS	   0x40
#define WQ_POWER_EFFICIENT 0x80
#define __WQ_ORDERED	   0x20000

#define WQ_MAX_ACTIVE	   512
#define WQ_DFL_ACTIVE	   256

/* Those which are there without asking. They differ by name only. */
extern struct workqueue_struct *const system_wq;
extern struct workqueue_struct *const system_highpri_wq;
extern struct workqueue_struct *const system_long_wq;
extern struct workqueue_struct *const system_unbound_wq;
extern struct workqueue_struct *const system_freezable_wq;
extern struct workqueue_struct *const system_power_efficient_wq;

/**
 * alloc_workqueue() - make a queue
 * @fmt:	its name, as for printf(), with the arguments at the end
 * @flags:	WQ_*
 * @max_active:	how many of its items may run, or sleep, at once; 0: 256
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: the queue, or NULL without memory; destroy_workqueue() it
 */
struct workqueue_struct *alloc_workqueue(const char *fmt, unsigned int flags,
					 int max_active, ...) __printf(1, 4);
/* The same, one item at a time. */
#define alloc_ordered_workqueue(fmt, flags, ...)                     \
	alloc_workqueue(fmt, WQ_UNBOUND | __WQ_ORDERED | (flags), 1, \
			##__VA_ARGS__)
#define create_workqueue(name)		 alloc_workqueue("%s", WQ_MEM_RECLAIM, 1, (name))
#define create_freezable_workqueue(name) create_workqueue(name)
#define create_singlethread_workqueue(name) \
	alloc_ordered_workqueue("%s", WQ_MEM_RECLAIM, (name))

/**
 * destroy_workqueue() - be done with a queue
 * @wq:		the queue; what is in it runs first, what its items queue there
 *		too, but nobody else may
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until it is empty.
 */
void destroy_workqueue(struct workqueue_struct *wq);

/**
 * queue_work() - queue an item
 * @wq:		the queue
 * @work:	the item
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: true, or false if it is pending already, being cancelled, or if the
 *	   queue is being destroyed
 */
bool queue_work(struct workqueue_struct *wq, struct work_struct *work);

/**
 * queue_delayed_work() - queue an item after some time
 * @wq:		the queue
 * @dwork:	the item
 * @delay:	in jiffies; 0: now
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: as queue_work()
 */
bool queue_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
			unsigned long delay);

/**
 * mod_delayed_work() - have an item run after some time, pending or not
 * @wq:		the queue
 * @dwork:	the item; if it is pending, this is its new delay
 * @delay:	in jiffies; 0: now
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: true if it was pending
 */
bool mod_delayed_work(struct workqueue_struct *wq, struct delayed_work *dwork,
		      unsigned long delay);

/* All CPUs are one to the in-band stage. */
#define queue_work_on(cpu, wq, work)	queue_work(wq, work)
#define queue_work_node(node, wq, work) queue_work(wq, work)
#define queue_delayed_work_on(cpu, wq, dwork, delay) \
	queue_delayed_work(wq, dwork, delay)
#define mod_delayed_work_on(cpu, wq, dwork, delay) \
	mod_delayed_work(wq, dwork, delay)
#define schedule_work(work)	    queue_work(system_wq, work)
#define schedule_work_on(cpu, work) queue_work(system_wq, work)
#define schedule_delayed_work(dwork, delay) \
	queue_delayed_work(system_wq, dwork, delay)
#define schedule_delayed_work_on(cpu, dwork, delay) \
	queue_delayed_work(system_wq, dwork, delay)

/**
 * cancel_work() - take an item off its queue
 * @work:	the item; if it runs now it goes on
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: true if it was pending
 */
bool cancel_work(struct work_struct *work);
bool cancel_delayed_work(struct delayed_work *dwork);

/**
 * cancel_work_sync() - take an item off its queue, and let it end
 * @work:	the item; nobody can queue it meanwhile, itself included
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until it does not run. Called by the item's own function, which
 *	   would be a deadlock, it does not wait, and the log says so.
 *
 * Return: true if it was pending
 */
bool cancel_work_sync(struct work_struct *work);
bool cancel_delayed_work_sync(struct delayed_work *dwork);

/**
 * flush_work() - let an item end which is queued
 * @work:	the item
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until the function has returned which was pending or running when
 *	   this was called; not by itself, as cancel_work_sync().
 *
 * Return: true if it had to wait, false if the item was idle
 */
bool flush_work(struct work_struct *work);
/* The same, and a delay is over now. */
bool flush_delayed_work(struct delayed_work *dwork);

/**
 * flush_workqueue() - let all items end which are queued
 * @wq:		the queue; not from one of its items
 *
 * Those with a delay that is not over are not queued yet.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until they have ended. What is queued meanwhile is not waited for.
 */
void flush_workqueue(struct workqueue_struct *wq);
#define __flush_workqueue(wq)  flush_workqueue(wq)
#define flush_scheduled_work() flush_workqueue(system_wq)

/**
 * drain_workqueue() - empty a queue
 * @wq:		the queue; meanwhile its own items alone may queue to it
 *
 * Stage:  in-band, from a fiber.
 * Blocks: until it is empty.
 */
void drain_workqueue(struct workqueue_struct *wq);

/* The item whose function the caller runs in, NULL: none. In-band, does not
 * block. */
struct work_struct *current_work(void);

/* Is it going to run? Any stage, does not block. */
static inline bool work_pending(const struct work_struct *work)
{
	/* Relaxed: a mere look. */
	return __atomic_load_n(&work->state, __ATOMIC_RELAXED) != 0;
}
#define delayed_work_pending(dwork) work_pending(&(dwork)->work)

#define WORK_BUSY_PENDING	    1
#define WORK_BUSY_RUNNING	    2
/* WORK_BUSY_*, as things are now. In-band, does not block. */
unsigned int work_busy(struct work_struct *work);

#endif /* _LINUX_WORKQUEUE_H */
