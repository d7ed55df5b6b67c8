/* SPDX-License-Identifier: MIT */
#include "core/thread-element.h"

#include "base/error.h"

#include <errno.h>
#include <linux/compat.h>
#include <linux/poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uapi/evl/factory.h>
#include <uapi/evl/thread.h>

#define PF_EXITING 0x4 /* of the kernel's, in /proc/PID/stat */

static long thread_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	return thread_behind(filp)->gone ? -ESTALE : -ENOTTY;
}

static __poll_t thread_poll(struct file *filp, struct poll_table_struct *pt)
{
	return POLLERR;
}

/* It observes nothing. */
static __poll_t thread_oob_poll(struct file *filp, struct oob_poll_wait *wait)
{
	return POLLERR;
}

static const struct file_operations thread_fops = {
	.open = evl_open_element,
	.release = evl_release_element,
	.poll = thread_poll,
	.unlocked_ioctl = thread_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.oob_ioctl = thread_ioctl,
	.oob_poll = thread_oob_poll,
	.compat_oob_ioctl = compat_ptr_oob_ioctl,
};

struct thread_element *thread_behind(struct file *filp)
{
	if (filp->f_op != &thread_fops)
		return NULL;

	return container_of(element_behind(filp), struct thread_element,
			    element);
}

static struct evl_element *thread_build(struct evl_factory *fac,
					const char __user *u_name,
					void __user *u_attrs, int clone_flags,
					u32 *state_offp)
{
	struct thread_element *thread;
	int ret;

	if (u_attrs)
		return ERR_PTR(-EINVAL);

	thread = calloc(1, sizeof(*thread));
	if (thread == NULL)
		return ERR_PTR(-ENOMEM);
	ret = evl_init_user_element(&thread->element, fac, u_name, clone_flags);
	if (ret) {
		free(thread);
		return ERR_PTR(ret);
	}

	return &thread->element;
}

static void thread_dispose(struct evl_element *element)
{
	free(container_of(element, struct thread_element, element));
}

/* The attachment, until its thread dies; a kernel thread. */
static bool thread_held(const struct evl_element *element)
{
	const struct thread_element *thread =
		container_of(element, struct thread_element, element);

	return thread->kthread ||
	       (thread->attached && !thread_is_dying(thread));
}

static struct evl_factory thread_factory = {
	.name = EVL_THREAD_DEV,
	.fops = &thread_fops,
	.flags = EVL_FACTORY_CLONE,
	.flags_allowed = EVL_CLONE_PUBLIC,
	.build = thread_build,
	.dispose = thread_dispose,
	.held = thread_held,
};

int thread_init(unsigned int max_elements)
{
	int ret;

	thread_factory.nrdev = max_elements;
	ret = __evl_create_factory(&thread_factory, NULL);

	return ret ? err_origin(ret) : 0;
}

void thread_exit(void)
{
	evl_delete_factory(&thread_factory);
}

struct thread_element *thread_find(pid_t tid)
{
	struct evl_element *element;
	struct thread_element *thread;

	for (element = element_next(&thread_factory, NULL); element;
	     element = element_next(&thread_factory, element)) {
		thread = container_of(element, struct thread_element, element);
		if (thread->attached && thread->tid == tid)
			return thread;
	}

	return NULL;
}

int thread_add(struct thread_element *thread, const char *name,
	       unsigned int flags)
{
	struct evl_element *element = &thread->element;
	int ret = -EINVAL;

	if ((flags & ~thread_factory.flags_allowed) == 0)
		ret = element_init(element, &thread_factory, name, (int)flags,
				   ELEMENT_OF_CORE);
	if (ret) {
		free(thread);
		return ret;
	}

	ret = element_show(element, flags & EVL_CLONE_PUBLIC);
	if (ret)
		evl_put_element(element);

	return ret;
}

struct thread_element *thread_of_kernel(unsigned int first)
{
	struct thread_element *thread, *best = NULL;
	struct evl_element *element;

	for (element = element_next(&thread_factory, NULL); element;
	     element = element_next(&thread_factory, element)) {
		thread = container_of(element, struct thread_element, element);
		if (thread->kthread && element->minor >= first &&
		    (best == NULL || element->minor < best->element.minor))
			best = thread;
	}

	return best;
}

/* SCHED_FIFO and SCHED_RR keep their priority, all others are weak: 0. */
static void note_schedparam(struct thread_element *thread, pid_t tid)
{
	struct sched_param param = { .sched_priority = 0 };

	thread->policy = sched_getscheduler(tid);
	if (thread->policy >= 0)
		thread->policy &= ~SCHED_RESET_ON_FORK;
	else
		thread->policy = SCHED_OTHER;
	sched_getparam(tid, &param);
	thread->prio = param.sched_priority;
}

int thread_attach(struct thread_element *thread, pid_t pid, pid_t tid)
{
	if (thread->attached || thread->gone)
		return -EBUSY;

	thread->attached = true;
	thread->pid = pid;
	thread->tid = tid;
	note_schedparam(thread, tid);
	evl_get_element(&thread->element);

	return 0;
}

void thread_abandon(struct thread_element *thread)
{
	thread->attached = false;
	thread->self = NULL;
	evl_put_element(&thread->element);
}

void thread_detach(struct thread_element *thread)
{
	thread->gone = true;
	thread_abandon(thread);
}

bool thread_is_dying(const struct thread_element *thread)
{
	char path[64], line[512] = "", *text;
	unsigned int flags;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", thread->pid,
		 thread->tid);
	stat = fopen(path, "re");
	if (stat == NULL)
		return true;
	text = fgets(line, sizeof(line), stat);
	fclose(stat);

	/* Behind the name, which may have anything in it: state, four
	 * numbers, terminal's group, flags. */
	text = text ? strrchr(line, ')') : NULL;
	if (text == NULL ||
	    sscanf(text, ") %*c %*d %*d %*d %*d %*d %u", &flags) != 1)
		return false;

	return flags & PF_EXITING;
}
