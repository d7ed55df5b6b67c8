/* SPDX-License-Identifier: MIT */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* Close @fd if it is one; errno survives. Always returns -1. */
static inline int fd_close(int fd)
{
	int saved_errno = errno;

	if (fd >= 0)
		close(fd);
	errno = saved_errno;

	return -1;
}

static inline void cleanup_fd(const int *fd)
{
	fd_close(*fd);
}

static inline void cleanup_free(void *ptr)
{
	free(*(void **)ptr);
}

#define _cleanup_fd_   __attribute__((cleanup(cleanup_fd)))
#define _cleanup_free_ __attribute__((cleanup(cleanup_free)))
