/* SPDX-License-Identifier: MIT */
/*
 * The functions our interposers stand in front of: the C library's, or those
 * of the next library which interposes them, too.
 */
#pragma once

#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/types.h>

struct libc {
	int (*open)(const char *path, int flags, ...);
	int (*openat)(int dirfd, const char *path, int flags, ...);
	int (*open_2)(const char *path, int flags);
	int (*openat_2)(int dirfd, const char *path, int flags);
	int (*close)(int fd);
	int (*dup)(int fd);
	int (*dup2)(int fd, int newfd);
	int (*dup3)(int fd, int newfd, int flags);
	int (*fcntl)(int fd, int cmd, ...);
	int (*fcntl64)(int fd, int cmd, ...);
	int (*ioctl)(int fd, unsigned long request, ...);
	int (*ioctl_time64)(int fd, unsigned long request, ...);
	int (*access)(const char *path, int mode);
	int (*eaccess)(const char *path, int mode);
	int (*faccessat)(int dirfd, const char *path, int mode, int flags);
	int (*stat)(const char *path, void *st);
	int (*lstat)(const char *path, void *st);
	int (*fstatat)(int dirfd, const char *path, void *st, int flags);
	int (*stat64)(const char *path, void *st);
	int (*lstat64)(const char *path, void *st);
	int (*fstatat64)(int dirfd, const char *path, void *st, int flags);
	int (*stat64_time64)(const char *path, void *st);
	int (*lstat64_time64)(const char *path, void *st);
	int (*fstatat64_time64)(int dirfd, const char *path, void *st,
				int flags);
	int (*statx)(int dirfd, const char *path, int flags, unsigned int mask,
		     void *stx);
	int (*close_range)(unsigned int first, unsigned int last, int flags);
	ssize_t (*recvmsg)(int fd, struct msghdr *msg, int flags);
	int (*recvmmsg)(int fd, struct mmsghdr *msgs, unsigned int nr,
			int flags, struct timespec *timeout);
	int (*pidfd_getfd)(int pidfd, int fd, unsigned int flags);
	/* NULL: 64 bits, or no 64-bit times. */
	ssize_t (*recvmsg64)(int fd, struct msghdr *msg, int flags);
	int (*recvmmsg64)(int fd, struct mmsghdr *msgs, unsigned int nr,
			  int flags, void *timeout);
	int (*fclose)(FILE *stream);
	FILE *(*freopen)(const char *path, const char *mode, FILE *stream);
	FILE *(*freopen64)(const char *path, const char *mode, FILE *stream);
	void *(*mmap64)(void *addr, size_t len, int prot, int flags, int fd,
			off64_t offset);
	int (*munmap)(void *addr, size_t len);
	int (*mprotect)(void *addr, size_t len, int prot);
	void *(*mremap)(void *old, size_t old_len, size_t len, int flags, ...);
};

/* Resolved by the library's constructor, or by whoever is there before. */
const struct libc *libc(void);

/* Without looking them up: the mmap family, which looking up may need. */
const struct libc *libc_early(void);
