/* SPDX-License-Identifier: MIT */
/*
 * Attaching and detaching. A thread which exits is detached by the destructor
 * of a thread-specific key; that one does not close the element's descriptor,
 * which other threads may use.
 */
#include <errno.h>
#include <evl/evl.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>
#include "bind.h"
#include "channel.h"
#include "client.h"
#include "control.h"
#include "element.h"
#include "export.h"
#include "fd-table.h"
#include "placement.h"
#include "thread.h"

#define ATTACH_FLAGS                                          \
	((uint32_t)(EVL_CLONE_PUBLIC | EVL_CLONE_OBSERVABLE | \
		    EVL_CLONE_UNICAST | EVL_CLONE_NONBLOCK |  \
		    EVL_CLONE_SHAREABLE) |                    \
	 EVL_CLONE_COREDEV)

__thread struct thread *thread_self;

static pthread_mutex_t attach_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static int exit_key_error;

/* The element stays. */
static int thread_release(struct thread *thread)
{
	int ret;

	slot_hand_over(&thread->slot);
	ret = control_ask(CONTROL_DETACH, &thread->where,
			  sizeof(thread->where));
	pthread_setspecific(exit_key, NULL);
	thread_self = NULL;

	return ret;
}

static void thread_exits(void *arg)
{
	struct thread *thread = arg;

	thread_release(thread);
	free(thread);
}

static void key_make(void)
{
	exit_key_error = pthread_key_create(&exit_key, thread_exits);
}

static int slot_ask(struct thread *thread)
{
	struct control_attach ask = { .tid = gettid(), .efd = thread->efd };
	struct control_reply reply;
	int ret;

	ret = control_call(CONTROL_ATTACH, &ask, sizeof(ask), &reply);
	control_reply_deinit(&reply);
	if (ret >= 0)
		thread->where = reply.u.attach.slot;

	return ret;
}

/* One thread at a time: two which find every channel full need one more. */
static int slot_get(struct thread *thread)
{
	struct channel *ch;
	int ret;

	pthread_mutex_lock(&attach_lock);

	ret = slot_ask(thread);
	if (ret == -ENOSPC) {
		ret = channel_new(&ch);
		if (ret == 0)
			ret = slot_ask(thread);
	}

	pthread_mutex_unlock(&attach_lock);

	return ret < 0 ? ret : 0;
}

static bool policy_realtime(void)
{
	switch (sched_getscheduler(0) & ~SCHED_RESET_ON_FORK) {
	case SCHED_OTHER:
	case SCHED_BATCH:
	case SCHED_IDLE:
		return false;
	default:
		return true;
	}
}

/* The thread has a slot: settle down in it. */
static int thread_settle(struct thread *thread, const char *name)
{
	struct channel *ch = channel_get(thread->where.channel);
	struct placement_mask allowed;

	if (ch == NULL || thread->where.slot >= CHANNEL_SLOTS)
		return -EPROTO;

	placement_allowed(&allowed);
	slot_init(&thread->slot, ch, thread->where.slot,
		  placement_alone(&allowed, ch->geometry.worker_cpu));
	placement_apply(placement_choose(sched_getcpu(), &allowed,
					 client_hello.welcome.worker_cpus,
					 CONTROL_CPU_WORDS));

	/* prctl() takes 15 characters and leaves the others. */
	if (*name)
		(void)prctl(PR_SET_NAME, name, 0, 0, 0);

	thread->realtime = policy_realtime();

	return 0;
}

static int thread_attach(struct thread *thread, const char *name)
{
	int ret;

	pthread_once(&key_once, key_make);
	if (exit_key_error)
		return -exit_key_error;

	ret = slot_get(thread);
	if (ret)
		return ret;

	ret = thread_settle(thread, name);
	if (ret)
		goto fail;

	ret = -pthread_setspecific(exit_key, thread);
	if (ret)
		goto fail;

	thread_self = thread;

	return 0;
fail:
	(void)thread_release(thread);

	return ret;
}

static int attach(int flags, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));

static int attach(int flags, const char *fmt, va_list ap)
{
	struct element element;
	struct thread *thread;
	int ret;

	/* The slot is touched in every call: lines of its own. */
	thread = aligned_alloc(64, (sizeof(*thread) + 63) & ~(size_t)63);
	if (thread == NULL)
		return -ENOMEM;

	memset(thread, 0, sizeof(*thread));
	ret = element_new(EVL_THREAD_DEV, NULL, 0, (unsigned int)flags, fmt, ap,
			  &element);
	if (ret)
		goto fail;

	thread->efd = element.fd;
	(void)fd_table_file(element.fd, &thread->file_id);
	ret = thread_attach(thread, element.name);
	if (ret) {
		bind_close(element.fd);
		goto fail;
	}

	return element.fd;
fail:
	free(thread);

	return ret;
}

static bool flags_valid(uint32_t flags)
{
	return !(flags & ~ATTACH_FLAGS) &&
	       (!(flags & EVL_CLONE_UNICAST) || flags & EVL_CLONE_OBSERVABLE);
}

EXPORT int evl_attach_thread(int flags, const char *fmt, ...)
{
	int cancel_state, ret;
	va_list ap;

	ret = evl_init();
	if (ret)
		return ret;
	if (thread_self)
		return -EBUSY;
	if (!flags_valid((uint32_t)flags))
		return -EINVAL;

	va_start(ap, fmt);
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);
	ret = attach(flags, fmt, ap);
	pthread_setcancelstate(cancel_state, NULL);
	va_end(ap);

	return ret;
}

EXPORT int evl_detach_thread(int flags)
{
	struct thread *thread = thread_self;
	int cancel_state, ret;
	uint64_t file_id;

	if (flags)
		return -EINVAL;
	if (thread == NULL)
		return -EPERM;
	/* A signal handler, and the call under it still needs the slot. */
	if (thread->slot.busy)
		return -EBUSY;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel_state);

	ret = thread_release(thread);
	/* Ours still? The number may have a new owner. */
	if (fd_table_file(thread->efd, &file_id) && file_id == thread->file_id)
		bind_close(thread->efd);
	free(thread);

	pthread_setcancelstate(cancel_state, NULL);

	/* With the daemon gone there is nothing to be detached from. */
	return ret == -ENODEV || ret >= 0 ? 0 : ret;
}

EXPORT int evl_get_self(void)
{
	return thread_self ? thread_self->efd : -EPERM;
}

EXPORT bool evl_is_inband(void)
{
	return thread_self == NULL || !thread_self->realtime;
}

void thread_reset(void)
{
	static const pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;

	memcpy(&attach_lock, &unlocked, sizeof(unlocked));
	if (thread_self == NULL)
		return;

	pthread_setspecific(exit_key, NULL);
	free(thread_self);
	thread_self = NULL;
}
