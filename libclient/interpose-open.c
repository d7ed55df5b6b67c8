/* SPDX-License-Identifier: MIT */
/*
 * open(2) and its family, in front of the C library's: an EVL file is bound as
 * soon as it is open, and a path below /dev leads to where a user's own daemon
 * has its nodes. As safe in signal handlers as the real ones, except that a
 * path below /dev/evl which does not exist may make us connect first.
 *
 * In a process which has not connected each of them costs one load more, and
 * with O_APPEND a system call.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* would rename what we define */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include "bind.h"
#include "client.h"
#include "export.h"
#include "fd-table.h"
#include "libc.h"
#include "owner.h"
#include "sys.h"

int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);

/* A path below /dev/evl, which a user's own daemon has elsewhere, is for that
 * daemon even if root's has it, too. */
static bool is_elsewhere(const char *path)
{
	return client_nodes_elsewhere() &&
	       strncmp(path, CLIENT_EVL_DIR, strlen(CLIENT_EVL_DIR)) == 0;
}

/* Open what the daemon has for @path. -1 with errno on failure. */
static int open_elsewhere(const char *path, int flags, mode_t mode)
{
	char buf[CLIENT_PATH_MAX];

	path = client_path(path, buf, sizeof(buf));
	if (path == NULL) {
		errno = ENAMETOOLONG;
		return -1;
	}

	/* Only the daemon's, see open_huge(). */
	return libc()->open(path, flags | O_LARGEFILE, mode);
}

/* There is no such path. */
static int open_missing(const char *path, int flags, mode_t mode)
{
	char buf[CLIENT_PATH_MAX];

	path = client_find_missing(path, buf);

	return path ? libc()->open(path, flags | O_LARGEFILE, mode) : -1;
}

#ifdef __LP64__
static int open_huge(int dirfd, const char *path, int flags, mode_t mode)
{
	(void)dirfd, (void)path, (void)flags, (void)mode;

	return -1;
}
#else
/*
 * The FUSE front's nodes are larger than a 32-bit off_t says, and nobody seeks
 * in them. Other files stay refused. -1, errno is EOVERFLOW still.
 */
static int open_huge(int dirfd, const char *path, int flags, mode_t mode)
{
	bool ours;
	int fd;

	fd = libc()->openat(dirfd, path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		goto fail;

	ours = client_connect(NULL) == 0 && client_is_us() && owner_is_daemon(fd);
	sys_close(fd);
	if (ours)
		return libc()->openat(dirfd, path, flags | O_LARGEFILE, mode);
fail:
	errno = EOVERFLOW;

	return -1;
}
#endif

static int do_openat(int dirfd, const char *path, int flags, mode_t mode)
{
	bool elsewhere = is_elsewhere(path);
	int fd = -1;

	if (elsewhere)
		fd = open_elsewhere(path, flags, mode);
	if (!elsewhere || (fd < 0 && errno == ENOENT))
		fd = libc()->openat(dirfd, path, flags, mode);
	if (!elsewhere && fd < 0 && errno == ENOENT)
		fd = open_missing(path, flags, mode);
	if (fd < 0 && errno == EOVERFLOW)
		fd = open_huge(dirfd, path, flags, mode);

	if (fd >= 0 && flags & O_APPEND && owner_is_fuse(fd))
		bind_no_append(fd);
	bind_arrived(fd); /* one by O_PATH the kernel does not let us bind */

	return fd;
}

static bool needs_mode(int flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

/* The mode argument is there only then. */
static mode_t take_mode(int flags, va_list ap)
{
	return needs_mode(flags) ? va_arg(ap, mode_t) : 0;
}

EXPORT int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = take_mode(flags, ap);
	va_end(ap);

	return do_openat(AT_FDCWD, path, flags, mode);
}

EXPORT int open64(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = take_mode(flags, ap);
	va_end(ap);

	return do_openat(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

EXPORT int openat(int dirfd, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = take_mode(flags, ap);
	va_end(ap);

	return do_openat(dirfd, path, flags, mode);
}

EXPORT int openat64(int dirfd, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;

	va_start(ap, flags);
	mode = take_mode(flags, ap);
	va_end(ap);

	return do_openat(dirfd, path, flags | O_LARGEFILE, mode);
}

EXPORT int creat(const char *path, mode_t mode)
{
	return do_openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

EXPORT int creat64(const char *path, mode_t mode)
{
	return do_openat(AT_FDCWD, path,
			 O_CREAT | O_WRONLY | O_TRUNC | O_LARGEFILE, mode);
}

/*
 * What _FORTIFY_SOURCE makes of a call without a mode. The real ones end the
 * program if a mode is missing.
 */

EXPORT int __open_2(const char *path, int flags)
{
	if (needs_mode(flags) && libc()->open_2)
		return libc()->open_2(path, flags);

	return do_openat(AT_FDCWD, path, flags, 0);
}

EXPORT int __open64_2(const char *path, int flags)
{
	return __open_2(path, flags | O_LARGEFILE);
}

EXPORT int __openat_2(int dirfd, const char *path, int flags)
{
	if (needs_mode(flags) && libc()->openat_2)
		return libc()->openat_2(dirfd, path, flags);

	return do_openat(dirfd, path, flags, 0);
}

EXPORT int __openat64_2(int dirfd, const char *path, int flags)
{
	return __openat_2(dirfd, path, flags | O_LARGEFILE);
}
