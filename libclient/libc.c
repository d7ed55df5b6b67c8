/* SPDX-License-Identifier: MIT */
/*
 * Looking them up. Racing threads store the same values.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "libc.h"
#include "sys.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif

static _Atomic(bool) resolved;

/* For a C library older than the call. */

static int close_range_syscall(unsigned int first, unsigned int last, int flags)
{
	return (int)syscall(SYS_close_range, first, last, flags);
}

static int pidfd_getfd_syscall(int pidfd, int fd, unsigned int flags)
{
	return (int)syscall(SYS_pidfd_getfd, pidfd, fd, flags);
}

/* Until we know better. */

static void *mmap64_syscall(void *addr, size_t len, int prot, int flags, int fd,
			    off64_t offset)
{
	uintptr_t where = (uintptr_t)MAP_FAILED;
	int ret;

	ret = sys_mmap((uintptr_t)addr, len, prot, flags, fd, offset, &where);
	if (ret)
		errno = -ret;

	return (void *)where;
}

static int munmap_syscall(void *addr, size_t len)
{
	return (int)syscall(SYS_munmap, addr, len);
}

static int mprotect_syscall(void *addr, size_t len, int prot)
{
	return (int)syscall(SYS_mprotect, addr, len, prot);
}

static void *mremap_syscall(void *old, size_t old_len, size_t len, int flags,
			    ...)
{
	va_list ap;
	void *addr;

	va_start(ap, flags);
	addr = va_arg(ap, void *);
	va_end(ap);

	return (void *)syscall(SYS_mremap, old, old_len, len, flags, addr);
}

static struct libc table = {
	.mmap64 = mmap64_syscall,
	.munmap = munmap_syscall,
	.mprotect = mprotect_syscall,
	.mremap = mremap_syscall,
};

/* What has no other name there stays as it is. */
static void *lookup(const char *name, void *otherwise)
{
	void *func = dlsym(RTLD_NEXT, name);

	return func ? func : otherwise;
}

#define RESOLVE_OR_KEEP(member, name) \
	(*(void **)&table.member = lookup(name, *(void **)&table.member))
#define RESOLVE(member, name) (*(void **)&table.member = dlsym(RTLD_NEXT, name))

__attribute__((constructor(101))) static void resolve(void)
{
	if (atomic_load_explicit(&resolved, memory_order_acquire))
		return;

	RESOLVE(open, "open");
	RESOLVE(openat, "openat");
	RESOLVE(open_2, "__open_2");
	RESOLVE(openat_2, "__openat_2");
	RESOLVE(close, "close");
	RESOLVE(dup, "dup");
	RESOLVE(dup2, "dup2");
	RESOLVE(dup3, "dup3");
	RESOLVE(fcntl, "fcntl");
	RESOLVE(access, "access");
	RESOLVE(eaccess, "eaccess");
	RESOLVE(faccessat, "faccessat");
	RESOLVE(stat, "stat");
	RESOLVE(lstat, "lstat");
	RESOLVE(fstatat, "fstatat");
	RESOLVE(stat64, "stat64");
	RESOLVE(lstat64, "lstat64");
	RESOLVE(fstatat64, "fstatat64");
	RESOLVE(stat64_time64, "__stat64_time64");
	RESOLVE(lstat64_time64, "__lstat64_time64");
	RESOLVE(fstatat64_time64, "__fstatat64_time64");
	RESOLVE(statx, "statx");
	RESOLVE(fclose, "fclose");
	RESOLVE(freopen, "freopen");
	RESOLVE(freopen64, "freopen64");
	if (RESOLVE(fcntl64, "fcntl64") == NULL)
		table.fcntl64 = table.fcntl;
	RESOLVE(ioctl, "ioctl");
	if (RESOLVE(ioctl_time64, "__ioctl_time64") == NULL)
		table.ioctl_time64 = table.ioctl;
	if (RESOLVE(close_range, "close_range") == NULL)
		table.close_range = close_range_syscall;
	RESOLVE(recvmsg, "recvmsg");
	RESOLVE(recvmmsg, "recvmmsg");
	RESOLVE(recvmsg64, "__recvmsg64");
	RESOLVE(recvmmsg64, "__recvmmsg64");
	if (RESOLVE(pidfd_getfd, "pidfd_getfd") == NULL)
		table.pidfd_getfd = pidfd_getfd_syscall;

	RESOLVE_OR_KEEP(mmap64, "mmap64");
	RESOLVE_OR_KEEP(munmap, "munmap");
	RESOLVE_OR_KEEP(mprotect, "mprotect");
	RESOLVE_OR_KEEP(mremap, "mremap");

	/* Release: the table, to libc(). */
	atomic_store_explicit(&resolved, true, memory_order_release);
}

const struct libc *libc(void)
{
	if (!atomic_load_explicit(&resolved, memory_order_acquire))
		resolve();

	return &table;
}

const struct libc *libc_early(void)
{
	return &table;
}
