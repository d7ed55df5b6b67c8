/* SPDX-License-Identifier: MIT */
/*
 * oob_read(), oob_write(), oob_ioctl(): from the caller's arguments to a
 * request in its slot, and from the answer to errno. And request.h.
 */
#include <errno.h>
#include <evl/syscall.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include "bind.h"
#include "export.h"
#include "fd-table.h"
#include "request.h"
#include "slot.h"
#include "thread.h"

#define likely(cond)  __builtin_expect(!!(cond), 1)

#define UNBOUND_TRIES 8

static int64_t oob_result(int64_t result)
{
	if (likely(result >= 0))
		return result;

	errno = (int)-result;

	return -1;
}

/*
 * The first call since the control thread looked at the descriptor; or the
 * daemon does not know one which we thought is bound: it was closed and opened
 * again where we could not see it, or another thread is about to close or to
 * replace it.
 */
static int64_t call_again(struct thread *self, const struct slot_call *call)
{
	int64_t result = SLOT_UNBOUND;
	unsigned int n;

	if (fd_table_bound(call->fd)) {
		fd_table_use(call->fd);
		result = slot_do(&self->slot, call);
	}
	for (n = 0; n < UNBOUND_TRIES && result == SLOT_UNBOUND; n++) {
		result = bind_fd(call->fd);
		fd_table_use(call->fd);
		if (result == 0)
			result = slot_do(&self->slot, call);
	}

	return result == SLOT_UNBOUND ? -EBADF : result;
}

static int64_t oob_call(struct thread *self, const struct slot_call *call)
{
	int64_t result = SLOT_UNBOUND;

	if (likely(fd_table_in_use(call->fd)))
		result = slot_do(&self->slot, call);
	if (!likely(result != SLOT_UNBOUND))
		result = call_again(self, call);

	return result;
}

EXPORT ssize_t oob_read(int efd, void *buf, size_t count)
{
	struct thread *self = thread_self;
	struct slot_call call = {
		.op = CHANNEL_READ,
		.fd = efd,
		.addr = (uintptr_t)buf,
		.count = count,
		.out = buf,
	};
	size_t len = count < CHANNEL_WINDOW_SIZE ? count : CHANNEL_WINDOW_SIZE;

	pthread_testcancel();
	if (!likely(self != NULL))
		return (ssize_t)oob_result(-EPERM);

	if (reach_ok(&self->slot.reach, buf, len, true)) {
		call.window_len = (uint32_t)len;
		call.out_known = true;
		call.epoch = self->slot.reach.epoch;
	}
	if (count > CHANNEL_WINDOW_SIZE)
		reach_grow_stack(&self->slot.reach, buf, count);

	return (ssize_t)oob_result(oob_call(self, &call));
}

EXPORT ssize_t oob_write(int efd, const void *buf, size_t count)
{
	struct thread *self = thread_self;
	struct slot_call call = {
		.op = CHANNEL_WRITE,
		.fd = efd,
		.addr = (uintptr_t)buf,
		.count = count,
	};

	pthread_testcancel();
	if (!likely(self != NULL))
		return (ssize_t)oob_result(-EPERM);

	/* What does not fit the daemon fetches whole. */
	if (count > CHANNEL_WINDOW_SIZE)
		reach_grow_stack(&self->slot.reach, buf, count);
	else if (reach_ok(&self->slot.reach, buf, count, false)) {
		call.window_len = (uint32_t)count;
		call.in = buf;
	}

	return (ssize_t)oob_result(oob_call(self, &call));
}

/*
 * The size a command announces is a hint, and its direction not even that:
 * real drivers read from arguments declared to be written, and the other way
 * round. So the argument always goes in, and comes back as far as the driver
 * has written to it. More than the size announced, or an argument which is no
 * pointer, the driver gets from the daemon in its own time.
 */
EXPORT int oob_ioctl(int efd, unsigned long request, ...)
{
	struct thread *self = thread_self;
	uint32_t len = _IOC_SIZE(request);
	struct slot_call call = {
		.op = CHANNEL_IOCTL,
		.fd = efd,
		.cmd = (uint32_t)request,
	};
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	pthread_testcancel();
	if (!likely(self != NULL))
		return (int)oob_result(-EPERM);

	call.addr = (uintptr_t)arg;
	if (_IOC_DIR(request) != _IOC_NONE &&
	    reach_ok(&self->slot.reach, arg, len, false)) {
		call.window_len = len;
		call.in = arg;
		call.out = arg;
	}

	return (int)oob_result(oob_call(self, &call));
}

int request_ioctl(int efd, unsigned long request, void *arg, uint32_t len)
{
	struct thread *self = thread_self;
	struct slot_call call = {
		.op = CHANNEL_IOCTL,
		.fd = efd,
		.cmd = (uint32_t)request,
		.addr = (uintptr_t)arg,
		.window_len = len,
		.in = arg,
		.out = arg,
	};

	pthread_testcancel();
	if (self == NULL)
		return -EPERM;

	return (int)oob_call(self, &call);
}
