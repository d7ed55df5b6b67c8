/* SPDX-License-Identifier: MIT */
/*
 * Threads as drivers meet them: an attached thread of an application, which a
 * handler works for, or one of a driver's own, a kernel thread. And the reasons
 * a sleep may end for.
 *
 * A kernel thread runs a function out-of-band, on a worker, and sleeps where
 * handlers of out-of-band operations do. Like them nothing of its worker
 * interrupts it: what does not sleep should call cpu_relax() as it waits.
 *
 * Source: driver-api 2.4, 2.12
 */
#ifndef _EVL_THREAD_H
#define _EVL_THREAD_H

#include <evl/prelude.h>
#include <evl/sched.h>
#include <evl/sched/param.h>
#include <evl/timeout.h>
#include <linux/compiler.h>
#include <linux/completion.h>
#include <linux/irq_work.h>
#include <linux/list.h>
#include <linux/types.h>
#include <uapi/evl/factory.h> /* EVL_CLONE_PUBLIC, EVL_CLONE_PRIVATE */

struct evl_kmutex;

struct evl_thread {
	void *fiber; /* the core's own: what runs it; NULL: nothing, yet or
		      * any more */
	const char *name;
	u32 state; /* EVL_T_* below; the core alone writes these two */
	u32 info;
	/* The core's own: */
	struct evl_rq *rq;
	int base_prio; /* as asked for */
	int prio;      /* at least that: of who waits for what it holds */
	struct evl_kmutex *waits_for;
	struct evl_kmutex *holds; /* the last one it locked, and so on */
	struct list_head involved;
	struct list_head asked_link;
	u32 asked;
	int reason;
	struct evl_clock *period_clock; /* NULL: it has no period */
	ktime_t period;
	ktime_t release; /* when the next period begins */
};

/* A thread of a driver's own. It must last until the thread has ended. */
struct evl_kthread {
	struct evl_thread thread;
	struct completion done; /* complete when it has ended */
	void (*threadfn)(void *arg);
	int status; /* the driver's */
	void *arg;
	/* The core's own: */
	struct irq_work irq_work;
	void *core; /* NULL: it has ended, or never began */
};

/* What a thread is doing, in ->state. */
#define EVL_T_SUSP    0x00000001 /* held by evl_hold_thread() */
#define EVL_T_PEND    0x00000002 /* waits for something */
#define EVL_T_DELAY   0x00000004 /* sleeps, or waits, for a time */
#define EVL_T_WAIT    0x00000008 /* waits for its next period */
#define EVL_T_READY   0x00000010
#define EVL_T_DORMANT 0x00000020 /* has not begun */
#define EVL_T_ZOMBIE  0x00000040 /* has ended */
#define EVL_T_INBAND  0x00000080
#define EVL_T_HALT    0x00000100 /* as EVL_T_SUSP */
#define EVL_T_BOOST   0x00000200 /* has the priority of who waits for it */
#define EVL_T_PTSYNC  0x00000400
#define EVL_T_RRB     0x00000800
#define EVL_T_ROOT    0x00001000
#define EVL_T_WEAK    0x00002000
#define EVL_T_USER    0x00004000 /* an application's */
#define EVL_T_WOSS    0x00008000
#define EVL_T_WOLI    0x00010000
#define EVL_T_WOSX    0x00020000
#define EVL_T_PTRACE  0x00040000
#define EVL_T_OBSERV  0x00080000
#define EVL_T_HMSIG   0x00100000
#define EVL_T_HMOBS   0x00200000
#define EVL_T_WOSO    0x00400000

/* Why a sleep ended, and what is wanted of a thread, in ->info. */
#define EVL_T_TIMEO   0x00000001 /* its time was over */
#define EVL_T_RMID    0x00000002 /* the object goes away */
#define EVL_T_BREAK   0x00000004 /* forced, as by a signal */
#define EVL_T_KICKED  0x00000008 /* so is every further one */
#define EVL_T_WCHAN   0x00000010
#define EVL_T_CANCELD 0x00000040 /* it is to end */
#define EVL_T_PIALERT 0x00000080
#define EVL_T_SCHEDP  0x00000100
#define EVL_T_BCAST   0x00000200 /* success for all, whatever they wait for */
#define EVL_T_SIGNAL  0x00000400
#define EVL_T_SXALERT 0x00000800
#define EVL_T_PTSIG   0x00001000
#define EVL_T_PTSTOP  0x00002000
#define EVL_T_PTJOIN  0x00004000
#define EVL_T_NOMEM   0x00008000 /* no memory */

/* As they were called first. */
#define T_SUSP	  EVL_T_SUSP
#define T_PEND	  EVL_T_PEND
#define T_DELAY	  EVL_T_DELAY
#define T_WAIT	  EVL_T_WAIT
#define T_READY	  EVL_T_READY
#define T_DORMANT EVL_T_DORMANT
#define T_ZOMBIE  EVL_T_ZOMBIE
#define T_INBAND  EVL_T_INBAND
#define T_HALT	  EVL_T_HALT
#define T_BOOST	  EVL_T_BOOST
#define T_PTSYNC  EVL_T_PTSYNC
#define T_RRB	  EVL_T_RRB
#define T_ROOT	  EVL_T_ROOT
#define T_WEAK	  EVL_T_WEAK
#define T_USER	  EVL_T_USER
#define T_WOSS	  EVL_T_WOSS
#define T_WOLI	  EVL_T_WOLI
#define T_WOSX	  EVL_T_WOSX
#define T_PTRACE  EVL_T_PTRACE
#define T_OBSERV  EVL_T_OBSERV
#define T_HMSIG	  EVL_T_HMSIG
#define T_HMOBS	  EVL_T_HMOBS
#define T_WOSO	  EVL_T_WOSO
#define T_TIMEO	  EVL_T_TIMEO
#define T_RMID	  EVL_T_RMID
#define T_BREAK	  EVL_T_BREAK
#define T_KICKED  EVL_T_KICKED
#define T_WAKEN	  0x00000010
#define T_ROBBED  0x00000020
#define T_WCHAN	  EVL_T_WCHAN
#define T_CANCELD EVL_T_CANCELD
#define T_PIALERT EVL_T_PIALERT
#define T_SCHEDP  EVL_T_SCHEDP
#define T_BCAST	  EVL_T_BCAST
#define T_SIGNAL  EVL_T_SIGNAL
#define T_SXALERT EVL_T_SXALERT
#define T_PTSIG	  EVL_T_PTSIG
#define T_PTSTOP  EVL_T_PTSTOP
#define T_PTJOIN  EVL_T_PTJOIN
#define T_NOMEM	  EVL_T_NOMEM

/**
 * evl_current() - for which thread does the caller run?
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: an application's attached thread in its request's handler, on either
 *	   stage; a kernel thread; NULL for anybody else
 */
struct evl_thread *evl_current(void);

/**
 * evl_run_kthread() - start a kernel thread
 * @kthread:	the thread, whatever is in it
 * @threadfn:	what it runs; it ends by returning
 * @arg:	passed to @threadfn
 * @priority:	EVL_CORE_MIN_PRIO to EVL_CORE_MAX_PRIO
 * @clone_flags: EVL_CLONE_PUBLIC: it shows as /dev/evl/thread/NAME;
 *		EVL_CLONE_PRIVATE: it does not
 * @fmt:	its name, as for printk(), and its arguments. Of a long one the
 *		first EVL_MAX_NAME_LEN characters count
 *
 * It belongs to one worker for good: where there are several to the last one,
 * so that a handler which waits for it by looking, on the first, does not keep
 * it from running.
 *
 * Whether @threadfn has begun when this returns is not said.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: no; for a second at most if the name belongs to one who is going, and
 *	   while the node of a public one appears.
 *
 * Return: 0, or
 *   -EEXIST	there is a thread of that name: a driver's, an application's
 *   -EINVAL	no such priority or flags; a public one without a name, with
 *		a '/' in it, or named "clone"
 *   -EAGAIN	there are as many threads as the daemon allows
 *   -ENOMEM	no memory
 *   -EBUSY	@kthread runs already
 *   -EINTR	a signal came while the name was waited for
 *   -EPERM	not where this can be done
 */
__printf(6, 7) int evl_run_kthread(struct evl_kthread *kthread,
				   void (*threadfn)(void *arg), void *arg,
				   int priority, int clone_flags,
				   const char *fmt, ...);

/**
 * evl_run_kthread_on_cpu() - start a kernel thread on a certain CPU
 * @kthread:	the thread, whatever is in it
 * @cpu:	that of a worker
 * @threadfn:	what it runs; it ends by returning
 * @arg:	passed to @threadfn
 * @priority:	EVL_CORE_MIN_PRIO to EVL_CORE_MAX_PRIO
 * @clone_flags: as for evl_run_kthread()
 * @fmt:	its name, and its arguments
 *
 * Stage:  in-band, from a fiber.
 * Blocks: as evl_run_kthread().
 *
 * Return: as evl_run_kthread(); -EINVAL, too, if no worker is on @cpu, see
 *	   is_evl_cpu()
 */
__printf(7, 8) int evl_run_kthread_on_cpu(struct evl_kthread *kthread, int cpu,
					  void (*threadfn)(void *arg),
					  void *arg, int priority,
					  int clone_flags, const char *fmt,
					  ...);

/**
 * evl_stop_kthread() - end a kernel thread
 * @kthread:	the thread. Nothing happens if it has ended already
 *
 * Its sleep, and any further one, returns -EINTR, evl_kthread_should_stop()
 * is true, and a hold is over; then it is waited for. Called by the thread
 * itself, it ends there and then, and this does not return.
 *
 * Stage:  in-band or out-of-band, from a fiber.
 * Blocks: until the thread has ended; a signal does not end that.
 */
void evl_stop_kthread(struct evl_kthread *kthread);

/**
 * evl_kthread_should_stop() - is the calling kernel thread to end?
 *
 * Stage:  any; false for whoever is none.
 * Blocks: no.
 */
bool evl_kthread_should_stop(void);

/**
 * evl_set_kthread_priority() - change the priority of a kernel thread
 * @kthread:	the thread
 * @priority:	EVL_CORE_MIN_PRIO to EVL_CORE_MAX_PRIO; with others nothing
 *		happens, and the log says so
 *
 * Where it waits by priority, or to run, it takes its new place, behind its
 * equals.
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_set_kthread_priority(struct evl_kthread *kthread, int priority);

/**
 * evl_join_kthread() - wait until a kernel thread has ended
 * @kthread:	the thread
 * @uninterruptible: true: a signal does not end the wait
 *
 * Stage:  in-band or out-of-band, from a fiber.
 * Blocks: until the thread has ended.
 *
 * Return: 0, or
 *   -EDEADLK	the caller is that thread
 *   -EINTR	a signal came, or the like
 *   -EPERM	the caller cannot sleep here
 */
int evl_join_kthread(struct evl_kthread *kthread, bool uninterruptible);

/**
 * evl_current_kthread() - which kernel thread is the caller?
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: the thread, or NULL for whoever is none
 */
struct evl_kthread *evl_current_kthread(void);

/**
 * evl_unblock_thread() - end a sleep
 * @thread:	who sleeps; nothing happens, now or later, if it does not
 * @reason:	EVL_T_BREAK or another of the reasons above
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_unblock_thread(struct evl_thread *thread, int reason);

/* The same for a kernel thread. */
static inline void evl_unblock_kthread(struct evl_kthread *kthread, int reason)
{
	evl_unblock_thread(&kthread->thread, reason);
}

/**
 * evl_hold_thread() - keep a thread from running
 * @thread:	the thread; one which runs stops when it next gives way, at
 *		once if it is the caller
 * @mask:	EVL_T_SUSP
 *
 * What it waits for goes on, and comes to it when it is released. A thread that
 * is being stopped, or whose process has got a signal, is not held.
 *
 * Stage:  any.
 * Blocks: no, unless @thread is the caller: until it is released.
 */
void evl_hold_thread(struct evl_thread *thread, int mask);

/**
 * evl_release_thread() - let a thread run again
 * @thread:	the thread
 * @mask:	EVL_T_SUSP
 * @info:	what to add to its ->info, 0: nothing
 *
 * Stage:  any.
 * Blocks: no.
 */
void evl_release_thread(struct evl_thread *thread, int mask, int info);

/**
 * evl_cancel_thread() - have a thread end
 * @thread:	the thread: as by evl_stop_kthread(), but without waiting for
 *		it. The request of an application's is ended as by a signal
 *
 * Stage:  any.
 * Blocks: no, unless @thread is the caller, and a kernel thread: then this does
 *	   not return.
 */
void evl_cancel_thread(struct evl_thread *thread);

/**
 * evl_join_thread() - wait until a thread has ended
 * @thread:	that of an evl_kthread
 * @uninterruptible: true: a signal does not end the wait
 *
 * Stage:  in-band or out-of-band, from a fiber.
 * Blocks: until the thread has ended.
 *
 * Return: as evl_join_kthread(), or
 *   -EINVAL	an application's thread
 */
int evl_join_thread(struct evl_thread *thread, bool uninterruptible);

/*
 * Time. From handlers of out-of-band operations and from kernel threads. A sleep
 * ends earlier by the clock's gravity for user or kernel threads, if it has any.
 */

/**
 * evl_delay() - sleep
 * @timeout:	nanoseconds, or a date on @clock; EVL_INFINITE with EVL_REL:
 *		until somebody ends it
 * @mode:	EVL_REL or EVL_ABS
 * @clock:	whose dates count
 *
 * Stage:  out-of-band, from a fiber.
 * Blocks: until then, or until the sleep is broken.
 *
 * Return: 0; the time left, at least 1, if it was broken; or
 *   -EPERM	the caller cannot sleep here
 */
ktime_t evl_delay(ktime_t timeout, enum evl_tmode mode,
		  struct evl_clock *clock);

/**
 * evl_sleep_until() - sleep until a date
 * @date:	on CLOCK_MONOTONIC, in nanoseconds; one that has passed is now
 *
 * Stage:  out-of-band, from a fiber.
 * Blocks: until then.
 *
 * Return: 0, or
 *   -EINTR	the sleep was broken
 *   -EPERM	the caller cannot sleep here
 */
int evl_sleep_until(ktime_t date);

/**
 * evl_sleep() - sleep for a time
 * @delay:	in nanoseconds
 *
 * Stage:  out-of-band, from a fiber.
 * Blocks: as long.
 *
 * Return: as evl_sleep_until()
 */
int evl_sleep(ktime_t delay);

/**
 * evl_set_period() - give the calling thread a period
 * @clock:	whose dates count; NULL: it has none any more
 * @idate:	when the first one begins; 0: one period from now
 * @period:	in nanoseconds; 0: it has none any more
 *
 * Stage:  out-of-band, from a fiber.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	shorter than the clock's gravity for kernel threads
 *   -EPERM	the caller is no EVL thread
 */
int evl_set_period(struct evl_clock *clock, ktime_t idate, ktime_t period);

/**
 * evl_wait_period() - sleep until the next period begins
 * @overruns_r:	how many periods were missed since; may be NULL. Left alone
 *		but with -ETIMEDOUT
 *
 * Who comes late, but in the period that began meanwhile, does not sleep.
 *
 * Stage:  out-of-band, from a fiber.
 * Blocks: until then.
 *
 * Return: 0, or
 *   -ETIMEDOUT	periods were missed; the next one is that which follows now
 *   -EINTR	the sleep was broken; the next call waits for the same period
 *   -EAGAIN	the thread has no period
 *   -EPERM	the caller cannot sleep here
 */
int evl_wait_period(unsigned long *overruns_r);

#include <evl/companions.h>

#endif /* _EVL_THREAD_H */
