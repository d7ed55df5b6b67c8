/* SPDX-License-Identifier: MIT */
/*
 * Bare system calls. The library works on descriptors with these and not with
 * the C library's functions, for two reasons: those are the ones we interpose,
 * and several are cancellation points, where a thread must not leave us.
 * They return -errno and leave errno alone.
 */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef O_LARGEFILE
#define O_LARGEFILE 0
#endif

static inline long sys_result(long ret, int saved_errno)
{
	if (ret < 0) {
		ret = -errno;
		errno = saved_errno;
	}

	return ret;
}

/* TSan follows descriptors which it has seen made, and must see each of them
 * closed. */
#if defined(__SANITIZE_THREAD__)
#define SYS_CLOSE(fd) close(fd)
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SYS_CLOSE(fd) close(fd)
#endif
#endif
#ifndef SYS_CLOSE
#define SYS_CLOSE(fd) syscall(SYS_close, fd)
#endif

static inline int sys_close(int fd)
{
	int saved = errno;

	return (int)sys_result(SYS_CLOSE(fd), saved);
}

static inline int sys_open(const char *path, int flags)
{
	int saved = errno;

	return (int)sys_result(
		syscall(SYS_openat, AT_FDCWD, path, flags | O_LARGEFILE, 0),
		saved);
}

/* Close what sys_open() opened, unseen as that was. */
static inline int sys_unopen(int fd)
{
	int saved = errno;

	return (int)sys_result(syscall(SYS_close, fd), saved);
}

static inline int sys_fcntl(int fd, int cmd, long arg)
{
	int saved = errno;

	return (int)sys_result(syscall(SYS_fcntl, fd, cmd, arg), saved);
}

static inline int sys_ioctl(int fd, unsigned long cmd, void *arg)
{
	int saved = errno;

	return (int)sys_result(syscall(SYS_ioctl, fd, cmd, arg), saved);
}

/* What the kernel remembers of the file behind @fd: nobody is asked. */
static inline int sys_statx(int fd, unsigned int mask, struct statx *r_stx)
{
	int saved = errno;

	return (int)sys_result(syscall(SYS_statx, fd, "",
				       AT_EMPTY_PATH | AT_STATX_DONT_SYNC, mask,
				       r_stx),
			       saved);
}

/* 0, and where it is. */
static inline int sys_mmap(uintptr_t addr, size_t len, int prot, int flags,
			   int fd, int64_t offset, uintptr_t *r_addr)
{
	int saved = errno;
	long ret;

#ifdef SYS_mmap2 /* counts in units of 4 KiB */
	ret = syscall(SYS_mmap2, addr, len, prot, flags, fd,
		      (unsigned long)(offset >> 12));
#else
	ret = syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
#endif
	if (ret == -1)
		return (int)sys_result(ret, saved);

	*r_addr = (uintptr_t)ret;

	return 0;
}

static inline int sys_munmap(uintptr_t addr, size_t len)
{
	int saved = errno;

	return (int)sys_result(syscall(SYS_munmap, addr, len), saved);
}

static inline ssize_t sys_write(int fd, const void *buf, size_t count)
{
	int saved = errno;

	return sys_result(syscall(SYS_write, fd, buf, count), saved);
}

static inline int sys_futex(_Atomic(uint32_t) *word, int op, uint32_t val)
{
	int saved = errno;

	return (int)sys_result(syscall(SYS_futex, word, op, val, NULL, NULL, 0),
			       saved);
}
