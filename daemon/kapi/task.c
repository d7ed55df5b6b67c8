/* SPDX-License-Identifier: MIT */
#include "kapi/task.h"

#include "kapi/export.h"
#include "stage/stage.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct task_struct daemon_task = { .comm = "evl-cused" };

static struct files_struct *(*find_files)(pid_t tgid);

struct task_struct *task_current(void)
{
	struct fiber *fiber = fiber_current();

	if (fiber == NULL || fiber->task == NULL)
		return &daemon_task;

	return fiber->task;
}

static void look_up_files(struct task_struct *task)
{
	if (find_files && task->tgid > 0)
		task->files = find_files(task->tgid);
}

/*
 * In-band requests come with a thread id alone; the rest costs a look into
 * /proc, which is taken only if the driver wants to know. Its descriptors go
 * with the process's connection, which may end, and begin, while the handler
 * sleeps. Out-of-band ones cannot outlast it.
 */
EXPORT struct task_struct *get_current(void)
{
	struct task_struct *task = task_current();

	if (stage_self == NULL || stage_self->oob)
		return task;

	if (task->identified)
		look_up_files(task);
	else
		task_identify(task);

	return task;
}

void task_set(struct fiber *fiber, struct task_struct *task)
{
	fiber->task = task;
}

struct file *task_set_file(struct file *filp)
{
	struct fiber *fiber = fiber_current();
	struct task_struct *task = fiber ? fiber->task : NULL;
	struct file *old = task ? task->filp : NULL;

	if (task)
		task->filp = filp;

	return old;
}

static void read_status(struct task_struct *task)
{
	char path[64], line[128];
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", task->pid);
	status = fopen(path, "re");
	if (status == NULL)
		return;

	while (fgets(line, sizeof(line), status)) {
		if (strncmp(line, "Name:\t", 6) == 0) {
			line[strcspn(line, "\n")] = '\0';
			snprintf(task->comm, sizeof(task->comm), "%.15s",
				 line + 6);
		}
		if (sscanf(line, "Tgid:\t%d", &task->tgid) == 1)
			break;
	}

	fclose(status);
}

void task_identify(struct task_struct *task)
{
	task->identified = true;
	if (task->pid <= 0)
		return;

	read_status(task);
	look_up_files(task);
}

void task_set_files_finder(struct files_struct *(*find)(pid_t tgid))
{
	find_files = find;
}
