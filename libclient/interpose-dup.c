/* SPDX-License-Identifier: MIT */
/*
 * dup(2) and its family, and fcntl(2): a duplicate of a bound descriptor is
 * bound, a number which gets another file is that for the daemon first, or
 * unbound if it is not one of ours, a change of O_NONBLOCK reaches the daemon,
 * and O_APPEND is kept off its nodes.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* would, as the next one, rename what we define */
#undef _TIME_BITS
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <unistd.h>
#include "bind.h"
#include "client.h"
#include "export.h"
#include "fd-table.h"
#include "libc.h"
#include "owner.h"
#include "sys.h"

/* @fd is a new duplicate of @old, or -1. */
static int duplicated(int old, int fd)
{
	if (fd < 0 || !client_live())
		return fd;
	/* Nothing to do with us: no system call to see who we are. */
	if (fd_table_unknown(fd) && !fd_table_told(old)) {
		fd_table_forget(fd);
		return fd;
	}
	if (!client_is_us())
		return fd;

	bind_renewed(fd);
	if (fd_table_told(old))
		(void)bind_fd(fd); /* else the first oob call will say why */

	return fd;
}

EXPORT int dup(int old)
{
	return duplicated(old, libc()->dup(old));
}

/* What dup2() and dup3() have in common; @flags -1: it is dup2(). */
static int dup_real(int old, int new, int flags)
{
	return flags < 0 ? libc()->dup2(old, new)
			 : libc()->dup3(old, new, flags);
}

/* @new means something to us. */
static int dup_over(int old, int new, int flags)
{
	struct bind_replacing replacing;
	int ret;

	if (fd_table_internal(new)) {
		errno = EBUSY;
		return -1;
	}

	/* It is going to fail, and leave @new open. */
	if ((flags > 0 && flags != O_CLOEXEC) || sys_fcntl(old, F_GETFD, 0) < 0)
		return dup_real(old, new, flags);

	replacing = bind_replacing(old, new);
	ret = dup_real(old, new, flags);
	if (!replacing.replaced)
		(void)duplicated(old, ret);
	bind_replaced(&replacing, ret >= 0);

	return ret;
}

static int do_dup3(int old, int new, int flags)
{
	if (old == new)
		return dup_real(old, new, flags);
	if (!fd_table_unknown(new) && !client_is_vfork_child())
		return dup_over(old, new, flags);

	return duplicated(old, dup_real(old, new, flags));
}

EXPORT int dup2(int old, int new)
{
	return do_dup3(old, new, -1);
}

EXPORT int dup3(int old, int new, int flags)
{
	/* No such flags: let the kernel say so. */
	if (flags < 0)
		return libc()->dup3(old, new, flags);

	return do_dup3(old, new, flags);
}

/* What the real one is to get. */
static void *fcntl_arg(int fd, int cmd, void *arg)
{
	uintptr_t flags = (uintptr_t)arg;

	if (cmd == F_SETFL && flags & O_APPEND && owner_is_fuse(fd))
		flags &= ~(uintptr_t)O_APPEND;

	return (void *)flags;
}

static int fcntl_done(int fd, int cmd, int ret)
{
	int saved = errno;

	switch (cmd) {
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		duplicated(fd, ret);
		break;
	case F_SETFL:
		if (ret == 0 && fd_table_bound(fd) && client_is_us())
			bind_flags_changed(fd);
		break;
	default:
		break;
	}

	errno = saved;

	return ret;
}

EXPORT int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	/* As the C library does it: whatever it is, it fits. */
	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);

	return fcntl_done(fd, cmd,
			  libc()->fcntl(fd, cmd, fcntl_arg(fd, cmd, arg)));
}

EXPORT int fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);

	return fcntl_done(fd, cmd,
			  libc()->fcntl64(fd, cmd, fcntl_arg(fd, cmd, arg)));
}

#ifndef __LP64__
/* What both are called in programs with 64-bit times. */
EXPORT int __fcntl_time64(int fd, int cmd, ...)
	__attribute__((alias("fcntl64")));
#endif
