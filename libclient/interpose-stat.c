/* SPDX-License-Identifier: MIT */
/*
 * access(2), stat(2) and their families, in front of the C library's: a name in
 * /dev means the node which open(2) would find, where a user's own daemon has its
 * nodes somewhere else. What the kernel finds, or finds wrong otherwise, is none
 * of our business.
 */
#undef _FORTIFY_SOURCE
#undef _TIME_BITS /* would rename what we define */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include "client.h"
#include "export.h"
#include "libc.h"

/* @call, which is about @path; if the kernel has no such path, once more about
 * what the daemon has instead of it. */
#define LOOK(path, call)                                        \
	({                                                      \
		char buf_[CLIENT_PATH_MAX];                     \
		int ret_ = (call);                              \
                                                                \
		if (ret_ < 0 && errno == ENOENT) {              \
			path = client_find_missing(path, buf_); \
			if (path)                               \
				ret_ = (call);                  \
		}                                               \
		ret_;                                           \
	})

EXPORT int access(const char *path, int mode)
{
	return LOOK(path, libc()->access(path, mode));
}

EXPORT int eaccess(const char *path, int mode)
{
	return LOOK(path, libc()->eaccess(path, mode));
}

EXPORT int euidaccess(const char *path, int mode)
{
	return LOOK(path, libc()->eaccess(path, mode));
}

EXPORT int faccessat(int dirfd, const char *path, int mode, int flags)
{
	return LOOK(path, libc()->faccessat(dirfd, path, mode, flags));
}

EXPORT int statx(int dirfd, const char *path, int flags, unsigned int mask,
		 struct statx *stx)
{
	return LOOK(path, libc()->statx(dirfd, path, flags, mask, stx));
}

/* Older ones have these within each program. */
#if __GLIBC_PREREQ(2, 33)
EXPORT int stat(const char *path, struct stat *st)
{
	return LOOK(path, libc()->stat(path, st));
}

EXPORT int lstat(const char *path, struct stat *st)
{
	return LOOK(path, libc()->lstat(path, st));
}

EXPORT int fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return LOOK(path, libc()->fstatat(dirfd, path, st, flags));
}

EXPORT int stat64(const char *path, struct stat64 *st)
{
	return LOOK(path, libc()->stat64(path, st));
}

EXPORT int lstat64(const char *path, struct stat64 *st)
{
	return LOOK(path, libc()->lstat64(path, st));
}

EXPORT int fstatat64(int dirfd, const char *path, struct stat64 *st, int flags)
{
	return LOOK(path, libc()->fstatat64(dirfd, path, st, flags));
}
#endif

#ifndef __LP64__
int __stat64_time64(const char *path, void *st);
int __lstat64_time64(const char *path, void *st);
int __fstatat64_time64(int dirfd, const char *path, void *st, int flags);

/* What stat() and its kin are for programs built with times of 64 bits; the
 * struct is theirs. */

EXPORT int __stat64_time64(const char *path, void *st)
{
	return LOOK(path, libc()->stat64_time64(path, st));
}

EXPORT int __lstat64_time64(const char *path, void *st)
{
	return LOOK(path, libc()->lstat64_time64(path, st));
}

EXPORT int __fstatat64_time64(int dirfd, const char *path, void *st, int flags)
{
	return LOOK(path, libc()->fstatat64_time64(dirfd, path, st, flags));
}
#endif
