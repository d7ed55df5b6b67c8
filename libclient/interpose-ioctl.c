/* SPDX-License-Identifier: MIT */
/*
 * ioctl(2): FIONBIO is another way to say F_SETFL, and reaches the daemon, too.
 * A driver may answer others by making descriptors in this process, or by
 * looking some up: for that it has to be a client. All else passes by.
 */
#undef _FORTIFY_SOURCE
#undef _TIME_BITS /* would rename what we define */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include "bind.h"
#include "client.h"
#include "export.h"
#include "fd-table.h"
#include "libc.h"
#include "owner.h"

/* Terminals and files in general, which no driver sees. */
static bool is_kernels(unsigned long request)
{
	return _IOC_TYPE(request) == 'T';
}

static void ioctl_begins(int fd, unsigned long request)
{
	if (client_offline() && !is_kernels(request))
		owner_connect(fd);
}

static int ioctl_done(int fd, unsigned long request, int ret)
{
	int saved = errno;

	if (request == FIONBIO && ret == 0 && fd_table_bound(fd) &&
	    client_is_us()) {
		bind_flags_changed(fd);
		errno = saved;
	}

	return ret;
}

EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	/* As the C library does it: there or not, and whatever it is. */
	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	ioctl_begins(fd, request);

	return ioctl_done(fd, request, libc()->ioctl(fd, request, arg));
}

#ifndef __LP64__
int __ioctl_time64(int fd, unsigned long request, ...);

/* What ioctl() is for programs built with times of 64 bits. */
EXPORT int __ioctl_time64(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);

	ioctl_begins(fd, request);

	return ioctl_done(fd, request, libc()->ioctl_time64(fd, request, arg));
}
#endif
