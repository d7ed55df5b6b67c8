/* SPDX-License-Identifier: MIT */
/*
 * Streams made by fdopen(3) or fopen(3) over our files: the C library closes
 * their descriptors by itself, where our close() does not see it.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* would rename what we define */
#include <errno.h>
#include <stdio.h>
#include "bind.h"
#include "client.h"
#include "export.h"
#include "fd-table.h"
#include "libc.h"

/* Is there something to do about the descriptor of @stream? -1: no. */
static int watched_fd(FILE *stream)
{
	int saved = errno, fd;

	if (!client_live() || stream == NULL)
		return -1;

	fd = fileno(stream);
	errno = saved;

	return fd >= 0 && (fd_table_unknown(fd) || !client_is_vfork_child())
		       ? fd
		       : -1;
}

EXPORT int fclose(FILE *stream)
{
	int fd = watched_fd(stream), ret;
	struct bind_closing closing;

	if (fd < 0)
		return libc()->fclose(stream);

	closing = bind_closing(fd);
	ret = libc()->fclose(stream);
	bind_closed(&closing);

	return ret;
}

/* The descriptor goes, and most often comes back as another file. */
static FILE *reopen(FILE *(*real)(const char *path, const char *mode,
				  FILE *stream),
		    const char *path, const char *mode, FILE *stream)
{
	struct bind_closing closing;
	int fd = watched_fd(stream);
	FILE *ret;

	if (fd < 0)
		return real(path, mode, stream);

	closing = bind_closing(fd);
	ret = real(path, mode, stream);
	bind_closed(&closing);

	return ret;
}

EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	return reopen(libc()->freopen, path, mode, stream);
}

EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	return reopen(libc()->freopen64, path, mode, stream);
}
