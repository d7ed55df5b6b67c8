/* SPDX-License-Identifier: MIT */
/*
 * In-band wait queues: where handlers of ordinary file operations sleep until
 * a condition holds, and what poll(2) watches. Whoever makes the condition true
 * calls wake_up() afterwards, from any stage.
 *
 * The condition of wait_event() and kin is tested again after each wakeup, with
 * no lock held; it may take locks and may sleep.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_WAIT_H
#define _LINUX_WAIT_H

#include <errno.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>

/* Begins as the core's own wait queue. Zero-filled is a working, empty one. */
struct wait_queue_head {
	spinlock_t lock;
	unsigned int order;
	struct list_head head;
	unsigned int nr_wakeups; /* counts on, under the lock */
	unsigned int nr_waiting; /* in wait_event() and kin */
	struct list_head pollers;
};

typedef struct wait_queue_head wait_queue_head_t;

/* clang-format off */
#define __WAIT_QUEUE_HEAD_INITIALIZER(name) {		\
	.head = LIST_HEAD_INIT((name).head),		\
	.pollers = LIST_HEAD_INIT((name).pollers),	\
}
/* clang-format on */
#define DECLARE_WAIT_QUEUE_HEAD(name) \
	struct wait_queue_head name = __WAIT_QUEUE_HEAD_INITIALIZER(name)
#define DECLARE_WAIT_QUEUE_HEAD_ONSTACK(name) DECLARE_WAIT_QUEUE_HEAD(name)

/**
 * init_waitqueue_head() - prepare a wait queue
 * @wq:		the queue; nobody may sleep on it
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void init_waitqueue_head(struct wait_queue_head *wq)
{
	*wq = (struct wait_queue_head)__WAIT_QUEUE_HEAD_INITIALIZER(*wq);
}

/**
 * wake_up() - have everybody who waits test their condition again
 * @wq:		the queue
 *
 * Those who poll(2) a file whose driver named @wq in its poll handler are
 * asked to look again too.
 *
 * Stage:  any; EVL drivers call it through irq_work, as a kernel would want.
 * Blocks: no.
 */
void wake_up(struct wait_queue_head *wq);

/**
 * wake_up_locked() - wake_up() for callers who hold the queue's lock
 * @wq:		the queue, @wq->lock held
 *
 * Stage:  any.
 * Blocks: no.
 */
void wake_up_locked(struct wait_queue_head *wq);

/* Nobody waits exclusively: there is one way to wake. */
#define wake_up_all(wq)				  wake_up(wq)
#define wake_up_nr(wq, nr)			  wake_up(wq)
#define wake_up_sync(wq)			  wake_up(wq)
#define wake_up_interruptible(wq)		  wake_up(wq)
#define wake_up_interruptible_nr(wq, nr)	  wake_up(wq)
#define wake_up_interruptible_all(wq)		  wake_up(wq)
#define wake_up_interruptible_sync(wq)		  wake_up(wq)
#define wake_up_poll(wq, mask)			  wake_up(wq)
#define wake_up_interruptible_sync_poll(wq, mask) wake_up(wq)
#define wake_up_interruptible_poll(wq, mask)	  wake_up(wq)
#define wake_up_locked_poll(wq, mask)		  wake_up_locked(wq)

/**
 * waitqueue_active() - does anybody wait?
 * @wq:		the queue
 *
 * Asked after the condition was made true, a no means that nobody will miss
 * the wakeup.
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: true if somebody waits on @wq or polls it
 */
bool waitqueue_active(struct wait_queue_head *wq);

/*
 * Below wait_event(): sleep unless somebody called wake_up() since the caller
 * read @nr_wakeups. Returns 0, -ERESTARTSYS, -ETIMEDOUT after @timeout jiffies
 * from @start, or -EPERM where nobody can sleep.
 */
int __wait_sleep(struct wait_queue_head *wq, unsigned int nr_wakeups, u64 start,
		 long timeout, bool interruptible);
/* The same for who holds the lock, which is dropped while asleep. */
int __wait_sleep_locked(struct wait_queue_head *wq, bool interruptible);

static inline void __wait_enter(struct wait_queue_head *wq)
{
	/*
	 * We count ourselves, then look at the condition; a waker sets the
	 * condition, then looks at the count. Both do so by changing the count,
	 * acquire and release: whoever comes second sees what the first did.
	 */
	__atomic_fetch_add(&wq->nr_waiting, 1, __ATOMIC_ACQ_REL);
}

static inline void __wait_leave(struct wait_queue_head *wq)
{
	/* Relaxed: at worst somebody is woken in vain. */
	__atomic_fetch_sub(&wq->nr_waiting, 1, __ATOMIC_RELAXED);
}

static inline unsigned int __wait_begin(struct wait_queue_head *wq)
{
	/* Acquire: pairs with wake_up(). Who finds a wakeup counted also finds
	 * the condition it stands for. */
	return __atomic_load_n(&wq->nr_wakeups, __ATOMIC_ACQUIRE);
}

/* clang-format off */
#define __wait_event(wq, condition, start, timeout, interruptible)	\
	__extension__({							\
		struct wait_queue_head *__wq = &(wq);			\
		unsigned int __nr_wakeups;				\
		int __wait_ret = 0;					\
		__wait_enter(__wq);					\
		while (__wait_ret == 0) {				\
			__nr_wakeups = __wait_begin(__wq);		\
			if (condition)					\
				break;					\
			__wait_ret = __wait_sleep(__wq, __nr_wakeups,	\
						  start, timeout,	\
						  interruptible);	\
		}							\
		__wait_leave(__wq);					\
		__wait_ret;						\
	})

/* What is left of @timeout jiffies, at least 1 once the condition held. */
#define __wait_event_timeout(wq, condition, timeout, interruptible)	\
	__extension__({							\
		long __timeout = (timeout), __left = 0;			\
		u64 __start = get_jiffies_64();				\
		int __ret = __wait_event(wq, condition, __start,	\
					 __timeout, interruptible);	\
		if (__ret == -ETIMEDOUT && (condition))			\
			__ret = 0;					\
		if (__ret == 0)						\
			__left = __wait_left(__start, __timeout);	\
		else if (__ret != -ETIMEDOUT)				\
			__left = __ret;					\
		__left;							\
	})
/* clang-format on */

static inline long __wait_left(u64 start, long timeout)
{
	u64 gone = get_jiffies_64() - start;

	if (timeout == MAX_SCHEDULE_TIMEOUT)
		return timeout;

	return gone < (u64)timeout ? timeout - (long)gone : 1;
}

/**
 * wait_event() - sleep until a condition holds
 * @wq:		the queue (by name, not by address)
 * @condition:	an expression, tested before the first sleep and after each
 *		wakeup
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until @condition is true. Nothing else ends it: prefer
 *	   wait_event_interruptible() wherever a user could lose patience.
 */
#define wait_event(wq, condition)                                          \
	do {                                                               \
		(void)__wait_event(wq, condition, 0, MAX_SCHEDULE_TIMEOUT, \
				   false);                                 \
	} while (0)

/**
 * wait_event_interruptible() - sleep until a condition holds or a signal comes
 * @wq:		the queue
 * @condition:	as for wait_event()
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until @condition is true or the caller gets a signal.
 *
 * Return: 0, or
 *   -ERESTARTSYS	a signal is pending: return it as is
 */
#define wait_event_interruptible(wq, condition) \
	__wait_event(wq, condition, 0, MAX_SCHEDULE_TIMEOUT, true)
#define wait_event_killable(wq, condition) \
	wait_event_interruptible(wq, condition)

/**
 * wait_event_timeout() - sleep until a condition holds, for a time
 * @wq:		the queue
 * @condition:	as for wait_event()
 * @timeout:	in jiffies
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until @condition is true or @timeout has passed.
 *
 * Return: 0 if @condition was still false at the end, else the jiffies left,
 *	   at least 1
 */
#define wait_event_timeout(wq, condition, timeout) \
	__wait_event_timeout(wq, condition, timeout, false)

/**
 * wait_event_interruptible_timeout() - the same, ended by a signal too
 * @wq:		the queue
 * @condition:	as for wait_event()
 * @timeout:	in jiffies
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until @condition is true, @timeout has passed or a signal comes.
 *
 * Return: as wait_event_timeout(), or
 *   -ERESTARTSYS	a signal is pending
 */
#define wait_event_interruptible_timeout(wq, condition, timeout) \
	__wait_event_timeout(wq, condition, timeout, true)

/**
 * wait_event_interruptible_locked() - the same, tested under the queue's lock
 * @wq:		the queue, @wq.lock held; dropped while asleep, held on return
 * @condition:	must not sleep
 *
 * Wake it with wake_up_locked(), or wake_up().
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until @condition is true or the caller gets a signal.
 *
 * Return: 0, or
 *   -ERESTARTSYS	a signal is pending
 */
/* clang-format off */
#define wait_event_interruptible_locked(wq, condition)			\
	__extension__({							\
		int __wait_ret = 0;					\
		while (!(condition) && __wait_ret == 0)			\
			__wait_ret = __wait_sleep_locked(&(wq), true);	\
		__wait_ret;						\
	})
#define wait_event_interruptible_locked_irq(wq, condition) \
	wait_event_interruptible_locked(wq, condition)
/* clang-format on */

/* As the kernel has them for cases which make no difference here. */
#define wait_event_idle(wq, condition) wait_event(wq, condition)
#define wait_event_freezable(wq, condition) \
	wait_event_interruptible(wq, condition)
#define wait_event_interruptible_exclusive(wq, condition) \
	wait_event_interruptible(wq, condition)
#define wait_event_killable_timeout(wq, condition, timeout) \
	wait_event_interruptible_timeout(wq, condition, timeout)

/**
 * wait_event_lock_irq() - sleep until a condition holds, tested under a lock
 * @wq:		the queue
 * @condition:	must not sleep
 * @lock:	a spinlock_t, by name, held; dropped while asleep, held on return
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until @condition is true. Nothing else ends it.
 */
#define wait_event_lock_irq(wq, condition, lock)                               \
	((void)__wait_event_lock(wq, condition, lock, 0, MAX_SCHEDULE_TIMEOUT, \
				 false))
/* The same, ended by a signal: -ERESTARTSYS. */
#define wait_event_interruptible_lock_irq(wq, condition, lock) \
	__wait_event_lock(wq, condition, lock, 0, MAX_SCHEDULE_TIMEOUT, true)

/* clang-format off */
#define __wait_event_lock(wq, condition, lock, start, timeout, interruptible) \
	__extension__({							\
		struct wait_queue_head *__wq = &(wq);			\
		unsigned int __nr_wakeups;				\
		int __wait_ret = 0;					\
		__wait_enter(__wq);					\
		while (__wait_ret == 0) {				\
			__nr_wakeups = __wait_begin(__wq);		\
			if (condition)					\
				break;					\
			spin_unlock(&(lock));				\
			__wait_ret = __wait_sleep(__wq, __nr_wakeups,	\
						  start, timeout,	\
						  interruptible);	\
			spin_lock(&(lock));				\
		}							\
		__wait_leave(__wq);					\
		__wait_ret;						\
	})
/* clang-format on */

/*
 * Waiting by hand: an entry on a queue has each wakeup set a task running, as
 * wake_up_process() does.
 *
 *	DEFINE_WAIT(wait);
 *
 *	for (;;) {
 *		prepare_to_wait(&wq, &wait, TASK_INTERRUPTIBLE);
 *		if (condition || signal_pending(current))
 *			break;
 *		schedule();
 *	}
 *	finish_wait(&wq, &wait);
 *
 * An entry is on one queue at a time, and off it before its memory goes.
 */
struct wait_queue_entry;
typedef int (*wait_queue_func_t)(struct wait_queue_entry *wait,
				 unsigned int mode, int flags, void *key);

struct wait_queue_entry {
	unsigned int flags; /* means nothing here */
	void *private;	    /* the task */
	wait_queue_func_t func;
	struct list_head entry; /* the core's own, as what follows */
	struct list_head owner_link;
	struct wait_queue_head *wq;
	void (*hook)(void *entry);
};
typedef struct wait_queue_entry wait_queue_entry_t;

/* Sets ->private running. Any stage, does not block. */
int default_wake_function(struct wait_queue_entry *wait, unsigned int mode,
			  int flags, void *key);
#define autoremove_wake_function default_wake_function
#define woken_wake_function	 default_wake_function

struct task_struct *get_current(void);

/* clang-format off */
#define DEFINE_WAIT_FUNC(name, function)				\
	struct wait_queue_entry name = {				\
		.private = get_current(),				\
		.func = (function),					\
	}
#define DECLARE_WAITQUEUE(name, tsk)					\
	struct wait_queue_entry name = {				\
		.private = (tsk),					\
		.func = default_wake_function,				\
	}
/* clang-format on */
#define DEFINE_WAIT(name) DEFINE_WAIT_FUNC(name, default_wake_function)
#define init_wait(wait)                         \
	(*(wait) = (struct wait_queue_entry){   \
		 .private = get_current(),      \
		 .func = default_wake_function, \
	 })

static inline void init_waitqueue_entry(struct wait_queue_entry *wait,
					struct task_struct *task)
{
	*wait = (struct wait_queue_entry){ .private = task,
					   .func = default_wake_function };
}

/* @func is called at each wakeup, under the queue's lock: any stage. */
static inline void init_waitqueue_func_entry(struct wait_queue_entry *wait,
					     wait_queue_func_t func)
{
	*wait = (struct wait_queue_entry){ .func = func };
}

/**
 * add_wait_queue() - have wakeups of a queue told to an entry
 * @wq:		the queue
 * @wait:	the entry, on no queue
 *
 * Stage:  any.
 * Blocks: no.
 */
void add_wait_queue(struct wait_queue_head *wq, struct wait_queue_entry *wait);
#define add_wait_queue_exclusive(wq, wait) add_wait_queue(wq, wait)

/* No longer; its function does not run on return. Any stage, does not block. */
void remove_wait_queue(struct wait_queue_head *wq,
		       struct wait_queue_entry *wait);

/**
 * prepare_to_wait() - be on a queue, and about to sleep
 * @wq:		the queue
 * @wait:	the entry, which may be on @wq already
 * @state:	TASK_INTERRUPTIBLE or TASK_UNINTERRUPTIBLE, for schedule()
 *
 * What is woken from now on does not sleep: look at the condition behind it.
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: no.
 */
void prepare_to_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait,
		     int state);
#define prepare_to_wait_exclusive(wq, wait, state) \
	prepare_to_wait(wq, wait, state)

/* The same; -ERESTARTSYS, and off the queue, if a signal is to end the wait. */
long prepare_to_wait_event(struct wait_queue_head *wq,
			   struct wait_queue_entry *wait, int state);

/* Off the queue, and awake. As prepare_to_wait(). */
void finish_wait(struct wait_queue_head *wq, struct wait_queue_entry *wait);

/* Sleep, between add_wait_queue() and remove_wait_queue(), until there is a
 * wakeup which no wait_woken() has had, or for @timeout jiffies. What is left of
 * those. As schedule_timeout(). */
long wait_woken(struct wait_queue_entry *wait, unsigned int mode, long timeout);

/* Does anybody wait? Orders what the caller did before against that. */
static inline bool wq_has_sleeper(struct wait_queue_head *wq)
{
	return waitqueue_active(wq);
}

/* wait_event_interruptible_lock_irq(), for a time: as
 * wait_event_interruptible_timeout(). */
#define wait_event_interruptible_lock_irq_timeout(wq, condition, lock,      \
						  timeout)                  \
	__extension__({                                                     \
		long __timeout = (timeout), __left = 0;                     \
		u64 __start = get_jiffies_64();                             \
		int __ret = __wait_event_lock(wq, condition, lock, __start, \
					      __timeout, true);             \
		if (__ret == -ETIMEDOUT && (condition))                     \
			__ret = 0;                                          \
		if (__ret == 0)                                             \
			__left = __wait_left(__start, __timeout);           \
		else if (__ret != -ETIMEDOUT)                               \
			__left = __ret;                                     \
		__left;                                                     \
	})

#endif /* _LINUX_WAIT_H */
