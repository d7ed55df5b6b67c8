/* SPDX-License-Identifier: MIT */
/*
 * ioctl(2): FIONBIO is another way to say F_SETFL, and reaches the daemon, too.
 * A driver may answer others by making descriptors in this process, or by
 * looking some up: for that it has to be a client. And some the kernel keeps to
 * itself where nodes are files of a file system: those go to the driver as the
 * argument of another one. EVL_IOC_CLONE gives a new descriptor, which the daemon
 * cannot make. All else passes by.
 */
#undef _FORTIFY_SOURCE
#undef _TIME_BITS /* would rename what we define */
#undef _FILE_OFFSET_BITS
#include <asm/ioctls.h>
#include <errno.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <uapi/evl/factory.h>
#include <wire/bind.h>
#include "bind.h"
#include "client.h"
#include "export.h"
#include "fd-table.h"
#include "libc.h"
#include "owner.h"
#include "sys.h"

/* Terminals and files in general, which no driver sees. */
static bool is_kernels(unsigned long request)
{
	return _IOC_TYPE(request) == 'T';
}

/* Below this nobody has memory (vm.mmap_min_addr). */
#define LOWEST_POINTER 65536

/* On a regular file the kernel answers these itself; and with EFAULT, where
 * the number announces data and the argument is none of an address. */
static bool may_stay_in_kernel(unsigned long request, const void *arg)
{
	switch (request) {
	case FIBMAP:
	case FIONREAD:
	case FIOQSIZE:
		return true;
	default:
		return _IOC_DIR(request) != _IOC_NONE &&
		       (uintptr_t)arg < LOWEST_POINTER;
	}
}

static bool needs_detour(int fd, unsigned long request, const void *arg)
{
	int saved = errno;
	bool needs = may_stay_in_kernel(request, arg) && owner_is_fuse(fd);

	errno = saved;

	return needs;
}

static int detour(int fd, unsigned long request, const void *arg)
{
	struct bind_ioctl bare = {
		.arg = (uintptr_t)arg,
		.cmd = (uint32_t)request,
	};

	return libc()->ioctl(fd, BIND_IOC_IOCTL, &bare);
}

static bool is_node(int fd)
{
	return owner_is_fuse(fd) || (client_is_us() && owner_is_daemon(fd));
}

static bool is_clone(int fd, unsigned long request)
{
	int saved = errno;
	bool is = request == EVL_IOC_CLONE && is_node(fd);

	errno = saved;

	return is;
}

/*
 * The file of @fd becomes the element's, and ->efd another descriptor of it.
 * That is made first: where there is no room for it there is no element. It is
 * not for who fails, nor for who opens the element by its name.
 */
static int clone_element(int fd, struct evl_clone_req *req)
{
	int efd = sys_fcntl(fd, F_DUPFD_CLOEXEC, 0), ret;

	if (efd < 0) {
		errno = -efd;
		return -1;
	}

	ret = libc()->ioctl(fd, EVL_IOC_CLONE, req);
	if (ret || req->efd != EVL_CLONE_NO_EFD ||
	    req->clone_flags & EVL_CLONE_PUBLIC) {
		(void)sys_unopen(efd);
	} else {
		bind_arrived(efd);
		req->efd = (__u32)efd;
	}

	return ret;
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
	if (needs_detour(fd, request, arg))
		return detour(fd, request, arg);
	if (is_clone(fd, request))
		return clone_element(fd, arg);

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
	if (needs_detour(fd, request, arg))
		return detour(fd, request, arg);
	if (is_clone(fd, request))
		return clone_element(fd, arg);

	return ioctl_done(fd, request, libc()->ioctl_time64(fd, request, arg));
}
#endif
