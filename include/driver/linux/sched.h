/* SPDX-License-Identifier: MIT */
/*
 * `current`: the thread on whose behalf a handler runs, which lives in another
 * process than the handler, or a thread of a driver's own (linux/kthread.h). And
 * how to give way to others.
 *
 * Source: driver-api 5.2, 7.11
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <errno.h>
#include <linux/jiffies.h>
#include <linux/types.h>
#include <stdbool.h>
#include <string.h>

#define TASK_COMM_LEN 16

struct file;
struct cpumask;
struct files_struct;
struct mutex;

/*
 * What a request brought along of its caller's memory: @size bytes at @base,
 * of which the first @readable hold what the caller passed in and the first
 * @writable are carried back. The core's own; drivers use linux/uaccess.h.
 */
struct user_window {
	unsigned long base;
	char *mem;
	size_t readable;
	size_t writable;
	size_t written; /* highest byte written, plus one */
};

struct task_struct;

/* How the rest of its memory is reached, which may take a while: the core's
 * own. Each returns how many of @n bytes were moved, at most @most at a time. */
struct user_reach {
	size_t most;
	size_t (*fetch)(struct task_struct *task, void *to, unsigned long from,
			size_t n);
	size_t (*store)(struct task_struct *task, unsigned long to,
			const void *from, size_t n);
};

/* A mutex which a handler has locked, as the nr_locked'th of all. */
struct task_mutex {
	struct mutex *lock;
	unsigned int nr_locked;
};

#define TASK_NR_MUTEXES 8

/* What a handler has copied from its caller: there may be pointers in it. */
struct task_copy {
	const void *to;
	unsigned long n; /* up to 8: it is in @word */
	unsigned long long word;
};

#define TASK_NR_COPIES 4 /* the latest */

struct task_struct {
	pid_t pid;  /* of the thread, as the kernel has it; 0: unknown */
	pid_t tgid; /* of the process */
	char comm[TASK_COMM_LEN];
	struct files_struct *files; /* its EVL descriptors; may be NULL */
	struct user_window window;
	bool compat;	 /* a 32-bit process */
	bool identified; /* tgid, comm and files are known */
	bool by_mem;	 /* its memory is reached through mem_fd only */
	int mem_fd;	 /* /proc/PID/mem, -1: out of reach */
	uid_t uid;	 /* of its user; the core's own, as what follows */
	struct grave *grave;
	struct file *filp;   /* whose handler runs; NULL: none */
	struct file *polled; /* whose oob_poll runs within it, out-of-band */
	const struct user_reach *reach; /* NULL: as the stage does it */
	unsigned int nr_mutexes;
	struct task_mutex mutexes[TASK_NR_MUTEXES];
	unsigned int nr_copies;
	struct task_copy copies[TASK_NR_COPIES];
	unsigned int __state; /* TASK_* */
	u64 sleepers[3];      /* who sleeps in schedule() */
	struct kthread *kthread;
};

/* Never NULL: outside of a request it is the daemon itself. */
struct task_struct *get_current(void);
#define current get_current()

static inline pid_t task_pid_nr(const struct task_struct *task)
{
	return task->pid;
}

static inline pid_t task_pid_vnr(const struct task_struct *task)
{
	return task->pid;
}

static inline pid_t task_tgid_nr(const struct task_struct *task)
{
	return task->tgid;
}

static inline pid_t task_tgid_vnr(const struct task_struct *task)
{
	return task->tgid;
}

/* What it is called, copied to @buf of TASK_COMM_LEN bytes. */
#define get_task_comm(buf, task) \
	((char *)memcpy(buf, (task)->comm, TASK_COMM_LEN))

/* For a task of kthread_create(): keep it after it has ended. Any stage; the
 * last put frees it, in-band. */
struct task_struct *get_task_struct(struct task_struct *task);
void put_task_struct(struct task_struct *task);

/*
 * Sleeping by hand: say so, look whether there is something to do, and call
 * schedule() if not. wake_up_process() in between is not lost.
 *
 *	set_current_state(TASK_INTERRUPTIBLE);
 *	while (!condition) {
 *		schedule();
 *		set_current_state(TASK_INTERRUPTIBLE);
 *	}
 *	__set_current_state(TASK_RUNNING);
 *
 * Outside of requests, kernel threads and work items nobody can be woken so:
 * schedule() gives way to others, and returns.
 */
#define TASK_RUNNING	     0x0
#define TASK_INTERRUPTIBLE   0x1 /* a signal ends it, too */
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_KILLABLE	     TASK_INTERRUPTIBLE
#define TASK_IDLE	     TASK_UNINTERRUPTIBLE

/* Any stage, does not block. */
void set_current_state(unsigned int state);
#define __set_current_state(state) set_current_state(state)

/**
 * schedule() - sleep if one said so, else give way
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: until wake_up_process(), or a signal if TASK_INTERRUPTIBLE. One is
 *	   TASK_RUNNING afterwards.
 */
void schedule(void);

/**
 * schedule_timeout() - the same, for a time
 * @timeout:	in jiffies; MAX_SCHEDULE_TIMEOUT is none
 *
 * Without a state set before it returns at once.
 *
 * Stage:  in-band, from a fiber; tolerated out-of-band.
 * Blocks: as schedule(), until @timeout has passed.
 *
 * Return: the jiffies left, 0 if there are none
 */
long schedule_timeout(long timeout);
long schedule_timeout_interruptible(long timeout);
long schedule_timeout_uninterruptible(long timeout);
#define schedule_timeout_killable(timeout) \
	schedule_timeout_interruptible(timeout)

/**
 * wake_up_process() - have a task go on, or begin
 * @task:	one that sleeps in schedule(), or was just created
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 1 if it was to be woken, 0 if it was running
 */
int wake_up_process(struct task_struct *task);

/* Give way to others, if one has been busy for long. In-band, from a fiber. */
void yield(void);
static inline int cond_resched(void)
{
	yield();

	return 0;
}

static inline bool need_resched(void)
{
	return false;
}

/* Was @task, which is current, sent a signal? Its interruptible waits fail from
 * then on. Any stage, does not block. */
int signal_pending(const struct task_struct *task);
#define fatal_signal_pending(task) signal_pending(task)
#define signal_pending_state(state, task) \
	(((state)&TASK_INTERRUPTIBLE) && signal_pending(task))

/**
 * set_cpus_allowed_ptr() - say where a thread of an application may run
 * @task:	current, within a request
 * @mask:	the CPUs
 *
 * Threads of drivers' own run where their stage does.
 *
 * Stage:  in-band; tolerated out-of-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	there is no such CPU; or, for who is no application's thread,
 *		its own is not among them
 *   -EPERM	the daemon may not: it runs as another user
 *   -ESRCH	the thread is gone
 */
int set_cpus_allowed_ptr(struct task_struct *task, const struct cpumask *mask);

#endif /* _LINUX_SCHED_H */
