/* SPDX-License-Identifier: MIT */
/*
 * The ioctl which binds our files, and what keeps the daemon's table true.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <wire/bind.h>
#include <wire/control.h>
#include "bind.h"
#include "client.h"
#include "control.h"
#include "fd-table.h"
#include "owner.h"
#include "sys.h"
#include "thread.h"

#define BIND_TRIES  8u
#define BIND_CHECKS 256u /* a second */

void bind_no_append(int fd)
{
	int flags = sys_fcntl(fd, F_GETFL, 0);

	if (flags >= 0 && flags & O_APPEND)
		(void)sys_fcntl(fd, F_SETFL, flags & ~O_APPEND);
}

/* What the kernel or the daemon says to our ioctl, for the caller. */
static int bind_error(int ret)
{
	ret = client_error(ret);
	switch (ret) {
	case -EMFILE:
	case -ENODEV:
	case -ENOMEM:
	case -ESTALE:
		return ret;
	default:
		return -EBADF;
	}
}

/* The daemon forgets @fd, if it refers to @file_id or that is 0. The control
 * thread cannot wait for the answer; it need not. */
static void unbind(int fd, uint64_t file_id)
{
	struct control_unbind unbind = {
		.first = (uint32_t)fd,
		.last = (uint32_t)fd,
		.file_id = file_id,
	};

	if (control_is_self())
		control_tell(CONTROL_UNBIND, &unbind, sizeof(unbind));
	else
		(void)control_ask(CONTROL_UNBIND, &unbind, sizeof(unbind));
}

static int send_request(int fd, struct bind_request *request)
{
	int ret;

	memcpy(request->secret, client_hello.welcome.secret,
	       sizeof(request->secret));
	do {
		ret = sys_ioctl(fd, BIND_IOC_BIND, request);
	} while (ret == -EINTR);

	return ret < 0 ? bind_error(ret) : 0;
}

/*
 * In the daemon's table, @number is what @fd is from now on. -EAGAIN: somebody
 * has bound it since it was of @age.
 */
static int ask_to_bind(int fd, int number, uint64_t age,
		       struct bind_request *request)
{
	uint64_t now;
	int ret;

	*request =
		(struct bind_request){ .fd = number, .tag = fd_table_tag(age) };
	ret = send_request(fd, request);
	/* Nobody has: what the daemon remembers is so old that it looks
	 * young. */
	if (ret == -ESTALE && fd_table_age(number, &now) == 0 && now == age) {
		request->tag = 0;
		ret = send_request(fd, request);
	}

	return ret == -ESTALE ? -EAGAIN : ret;
}

/* The daemon's @flags of @fd, which may have changed where nobody looked. */
static void check_flags(int fd, uint32_t flags)
{
	int ret = sys_fcntl(fd, F_GETFL, 0);

	if (ret < 0)
		return;
	if (((uint32_t)ret ^ flags) & O_NONBLOCK)
		bind_flags_changed(fd);
	if (ret & O_APPEND && client_hello.welcome.front == CONTROL_FRONT_FUSE)
		bind_no_append(fd);
}

/* Bind @fd, if nobody closes or replaces it meanwhile: then -EAGAIN. *@r_told
 * is what the daemon has been told that it is. */
static int try_to_bind(int fd, uint64_t *r_told)
{
	struct bind_request request;
	uint64_t age;
	int ret;

	ret = fd_table_age(fd, &age);
	if (ret == 0)
		ret = ask_to_bind(fd, fd, age, &request);
	if (ret)
		return ret;

	*r_told = request.file_id;
	if (!fd_table_bind(fd, age, request.file_id))
		return -EAGAIN;

	check_flags(fd, request.flags);

	return 0;
}

int bind_new(int fd)
{
	uint64_t told = 0;
	unsigned int n;
	int ret;

	for (n = 0; n < BIND_TRIES; n++) {
		ret = try_to_bind(fd, &told);
		if (ret != -EAGAIN)
			break;
		/* By now it may be anybody's. */
		if (!owner_is_daemon(fd)) {
			ret = -EBADF;
			break;
		}
	}
	/* Somebody replaces it all the time. What the daemon has is what it was
	 * when we asked, or younger: good enough for a call. */
	if (ret == -EAGAIN) {
		fd_table_tell(fd);
		ret = owner_is_daemon(fd) ? 0 : -EBADF;
	}
	/* Whatever it is now has taken the place of what we told first; only if
	 * it is nothing of ours that is taken back. */
	if (ret && told)
		unbind(fd, told);

	return ret;
}

int bind_fd(int fd)
{
	if (!client_is_us())
		return client_error(-EBADF);
	if (fd_table_internal(fd) || !owner_is_daemon(fd))
		return client_error(-EBADF);

	return bind_new(fd);
}

int bind_asked(int fd, uint64_t rdev, uint64_t *r_rdev)
{
	dev_t found = 0;
	enum owner owner = owner_of(fd, &found);
	int ret;

	if (owner == OWNER_OTHER || fd_table_internal(fd))
		return -EBADF;
	if (owner == OWNER_OF_DEVICE && !owner_knows(found)) {
		if (found != rdev) {
			*r_rdev = found;
			return 1;
		}
		owner_remember(found);
	}

	ret = bind_new(fd);
	/* It is used as by an oob call: let it be looked at. */
	if (ret == 0)
		fd_table_use(fd);

	return ret;
}

int bind_kept(int fd, uint64_t *r_file_id)
{
	struct bind_request request;
	uint64_t age;
	int ret;

	if (!client_is_us())
		return client_error(-EBADF);

	ret = fd_table_age(fd, &age);
	if (ret == 0)
		ret = ask_to_bind(fd, fd, age, &request);
	if (ret == 0)
		*r_file_id = request.file_id;

	return ret;
}

void bind_drop(int fd, uint64_t file_id)
{
	unbind(fd, file_id);
}

void bind_flags_changed(int fd)
{
	int flags = sys_fcntl(fd, F_GETFL, 0);
	uint32_t value = (uint32_t)flags;

	if (flags < 0)
		return;

	while (sys_ioctl(fd, BIND_IOC_SETFL, &value) == -EINTR)
		;
}

/*
 * Closed by a signal handler which broke into an oob call on that file: the
 * release would wait for the call, and the call for the handler.
 */
static void end_own_call(int fd, uint64_t file_id)
{
	struct thread *self = thread_self;
	uint64_t other;
	int call_fd;

	if (self == NULL)
		return;
	call_fd = slot_call_fd(&self->slot);
	if (call_fd >= 0 && (call_fd == fd || (fd_table_file(call_fd, &other) &&
					       other == file_id)))
		slot_break(&self->slot);
}

bool bind_end(int fd, uint64_t *r_file_id)
{
	if (!fd_table_take(fd, r_file_id))
		return false;

	end_own_call(fd, *r_file_id);
	unbind(fd, *r_file_id);

	return true;
}

void bind_renewed(int fd)
{
	uint64_t file_id;

	(void)bind_end(fd, &file_id);
}

void bind_arrived(int fd)
{
	if (fd < 0 || !client_live() || !client_is_us())
		return;

	bind_renewed(fd);
	if (owner_is_daemon(fd))
		(void)bind_new(fd); /* else the first oob call will say why */
}

/*
 * Is @fd still what we think? The kernel tells whether it is one of ours at all;
 * which one it is only the daemon knows.
 */
static void check(int fd, bool ask)
{
	uint64_t before, now;
	dev_t rdev = 0;
	enum owner owner;

	if (fd_table_age(fd, &before))
		return;
	owner = owner_of(fd, &rdev);
	/* A device nobody has asked about is bound by its next oob call. */
	if (owner == OWNER_DAEMON ||
	    (owner == OWNER_OF_DEVICE && owner_knows(rdev))) {
		if (ask)
			(void)bind_new(fd);
		return;
	}
	/* Else somebody whom we see has closed or replaced it meanwhile. */
	if (fd_table_age(fd, &now) == 0 && now == before)
		bind_renewed(fd);
}

/* In turns: some may be in use all the time, and there may be many. */
static unsigned int check_some(int (*find)(uint32_t first), uint32_t *next,
			       unsigned int max, bool ask)
{
	unsigned int nr;
	int fd;

	for (nr = 0; nr < max; nr++) {
		fd = find(*next);
		*next = (uint32_t)fd + 1;
		if (fd < 0)
			break;
		check(fd, ask);
	}

	return nr;
}

void bind_check(void)
{
	static uint32_t next_used, next_bound;
	unsigned int nr;

	if (!client_live())
		return;

	nr = check_some(fd_table_unuse, &next_used, BIND_CHECKS, true);
	check_some(fd_table_next_bound, &next_bound, BIND_CHECKS - nr, false);
}

void bind_sync(uint64_t file_id)
{
	struct control_sync sync = { .file_id = file_id };

	/* A character device's close(2) waits by itself. */
	if (file_id && client_hello.welcome.front == CONTROL_FRONT_FUSE)
		(void)control_ask(CONTROL_SYNC, &sync, sizeof(sync));
}

struct bind_closing bind_closing(int fd)
{
	struct bind_closing closing = { .fd = fd };

	closing.bound = bind_end(fd, &closing.file_id);

	return closing;
}

void bind_closed(const struct bind_closing *closing)
{
	bind_renewed(closing->fd);
	if (closing->bound)
		bind_sync(closing->file_id);
}

struct bind_replacing bind_replacing(int old, int fd)
{
	struct bind_replacing replacing = { .fd = fd };
	struct bind_request request;
	uint64_t age;

	replacing.bound = fd_table_take(fd, &replacing.file_id);
	if (!replacing.bound)
		return replacing;

	if (owner_is_daemon(old) && fd_table_age(fd, &age) == 0 &&
	    ask_to_bind(old, fd, age, &request) == 0) {
		replacing.replaced = true;
		replacing.new_id = request.file_id;
	} else {
		unbind(fd, replacing.file_id);
	}

	return replacing;
}

void bind_replaced(const struct bind_replacing *replacing, bool done)
{
	uint64_t file_id;

	if (replacing->replaced) {
		/* Not bind_renewed(): what the daemon has is most likely right,
		 * and if not it is replaced once more. */
		(void)fd_table_take(replacing->fd, &file_id);
		/* Somebody has closed it, or made it something else. */
		if (bind_fd(replacing->fd))
			unbind(replacing->fd, replacing->new_id);
	} else if (!done && replacing->bound) {
		(void)bind_fd(replacing->fd);
	}

	if (done && replacing->bound)
		bind_sync(replacing->file_id);
}

int bind_close(int fd)
{
	const struct bind_closing closing = bind_closing(fd);
	int ret = sys_close(fd);

	bind_closed(&closing);

	return ret;
}
