/* SPDX-License-Identifier: MIT */
/*
 * `current`: the thread on whose behalf a handler runs, which lives in another
 * process than the handler.
 *
 * Source: driver-api 5.2, 7.11
 */
#ifndef _LINUX_SCHED_H
#define _LINUX_SCHED_H

#include <linux/types.h>

#define TASK_COMM_LEN 16

struct file;
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
	struct file *filp;		/* whose handler runs; NULL: none */
	const struct user_reach *reach; /* NULL: as the stage does it */
	unsigned int nr_mutexes;
	struct task_mutex mutexes[TASK_NR_MUTEXES];
	unsigned int nr_copies;
	struct task_copy copies[TASK_NR_COPIES];
};

/* Never NULL: outside of a request it is the daemon itself. */
struct task_struct *get_current(void);
#define current get_current()

static inline pid_t task_pid_nr(const struct task_struct *task)
{
	return task->pid;
}

static inline pid_t task_tgid_nr(const struct task_struct *task)
{
	return task->tgid;
}

#endif /* _LINUX_SCHED_H */
