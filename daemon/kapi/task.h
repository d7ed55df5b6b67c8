/* SPDX-License-Identifier: MIT */
/*
 * Who a fiber works for. The request's owner (vfs for in-band ones, server for
 * out-of-band ones) fills a task_struct, and gives it to the fiber for as long
 * as the handler runs.
 */
#pragma once

#include <linux/sched.h>
#include <stdint.h>

struct fiber;
struct file;

/* @task NULL: nobody, the daemon itself. */
void task_set(struct fiber *fiber, struct task_struct *task);

/* From now on the calling fiber runs a handler of @filp: what it did before. No
 * effect outside of requests. */
struct file *task_set_file(struct file *filp);

/* As `current`, but does not look up what is not known yet. */
struct task_struct *task_current(void);

/* Fill in the ids and comm of thread @task->pid from /proc. In-band. */
void task_identify(struct task_struct *task);

/* Sleep as @task's state says, at most until @deadline; it is running then. From
 * a fiber that works for @task. 0 or -ETIMEDOUT, -EINTR. */
int task_sleep(struct task_struct *task, uint64_t deadline);

/* Who knows the files_struct of a process: the vfs. */
void task_set_files_finder(struct files_struct *(*find)(pid_t tgid));
