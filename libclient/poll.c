/* SPDX-License-Identifier: MIT */
/*
 * Polling sets. Everything is done by the daemon; what is here makes sure that
 * it knows the descriptors, and that a usual wait fits into the slot's window.
 */
#include <errno.h>
#include <evl/poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include "bind.h"
#include "client.h"
#include "element.h"
#include "export.h"
#include "fd-table.h"
#include "request.h"
#include "sys.h"
#include "thread.h"

/* Results that come through the window. The daemon stores those of larger
 * arrays itself, which takes it a microsecond or two. */
#define WINDOW_EVENTS 32

/* A wait as it goes to the daemon and back, in one piece. */
struct wait_args {
	struct evl_poll_waitreq req;
	struct __evl_timespec timeout;
	struct evl_poll_event events[WINDOW_EVENTS];
};

EXPORT int evl_new_poll(void)
{
	int fd, ret;

	ret = client_connect(NULL);
	if (ret)
		return ret;

	fd = element_open_node(EVL_POLL_DEV, false);
	if (fd < 0)
		return fd;

	ret = bind_new(fd);
	if (ret) {
		bind_close(fd);
		return client_error(ret);
	}

	return fd;
}

static int control(int efd, uint32_t action, int fd, unsigned int events,
		   union evl_value pollval)
{
	struct evl_poll_ctlreq req = {
		.action = action,
		.fd = (uint32_t)fd,
		.events = events,
		.pollval = pollval,
	};

	return request_ioctl(efd, EVL_POLIOC_CTL, &req, sizeof(req));
}

EXPORT int evl_add_pollfd(int efd, int newfd, unsigned int events,
			  union evl_value pollval)
{
	int ret;

	if (thread_self == NULL)
		return -EPERM;

	if (!fd_table_bound(newfd)) {
		ret = bind_fd(newfd);
		if (ret)
			return ret;
	}

	fd_table_use(newfd);
	ret = control(efd, EVL_POLL_CTLADD, newfd, events, pollval);
	/* It may have been closed and opened where we could not see it. */
	if (ret == -EBADF && bind_fd(newfd) == 0)
		ret = control(efd, EVL_POLL_CTLADD, newfd, events, pollval);

	return ret;
}

EXPORT int evl_del_pollfd(int efd, int delfd)
{
	return control(efd, EVL_POLL_CTLDEL, delfd, 0, evl_nil);
}

EXPORT int evl_mod_pollfd(int efd, int modfd, unsigned int events,
			  union evl_value pollval)
{
	return control(efd, EVL_POLL_CTLMOD, modfd, events, pollval);
}

/* Put the caller's time limit where @args says it is. */
static void set_timeout(struct wait_args *args, struct reach *reach,
			const struct timespec *timeout)
{
	/* A bad pointer is for the daemon to find out. */
	if (sizeof(*timeout) == sizeof(args->timeout) &&
	    !reach_ok(reach, timeout, sizeof(*timeout), false)) {
		args->req.timeout_ptr = (uintptr_t)timeout;
		return;
	}

	args->timeout.tv_sec = timeout->tv_sec;
	args->timeout.tv_nsec = timeout->tv_nsec;
	args->req.timeout_ptr = (uintptr_t)&args->timeout;
}

/* What was found ready is a descriptor in use: see bind_check(). */
static void note_use(const struct evl_poll_event *events, int count)
{
	for (int i = 0; i < count; i++)
		if (!fd_table_in_use((int)events[i].fd))
			fd_table_use((int)events[i].fd);
}

EXPORT int evl_timedpoll(int efd, struct evl_poll_event *pollset, int nrset,
			 const struct timespec *timeout)
{
	struct thread *self = thread_self;
	size_t len = offsetof(struct wait_args, events);
	size_t size = nrset > 0 ? (size_t)nrset * sizeof(*pollset) : 0;
	struct wait_args args;
	bool direct;
	int ret;

	if (self == NULL)
		return -EPERM;
	if (timeout == NULL)
		return -EFAULT;

	args.req = (struct evl_poll_waitreq){
		.pollset_ptr = (uintptr_t)pollset,
		.nrset = nrset,
	};
	set_timeout(&args, &self->slot.reach, timeout);
	direct = nrset > WINDOW_EVENTS ||
		 !reach_ok(&self->slot.reach, pollset, size, true);
	if (!direct) {
		args.req.pollset_ptr = (uintptr_t)args.events;
		len += size;
	} else {
		reach_grow_stack(&self->slot.reach, pollset, size);
	}

	ret = request_ioctl(efd, EVL_POLIOC_WAIT, &args, (uint32_t)len);
	if (ret < 0)
		return ret;
	if (args.req.nrset < 0 || args.req.nrset > nrset)
		return -EIO;

	size = (size_t)args.req.nrset * sizeof(*pollset);
	/* It may have gone while we slept. */
	if (!direct && !reach_ok(&self->slot.reach, pollset, size, true))
		return -EFAULT;
	if (!direct)
		memcpy(pollset, args.events, size);

	note_use(pollset, args.req.nrset);

	return args.req.nrset;
}

EXPORT int evl_poll(int efd, struct evl_poll_event *pollset, int nrset)
{
	const struct timespec no_limit = { .tv_sec = 0 };

	return evl_timedpoll(efd, pollset, nrset, &no_limit);
}
