/* SPDX-License-Identifier: MIT */
/*
 * close(2) and its family: the daemon forgets the number before the kernel
 * does, and the call returns when the driver has released the file, if that
 * was its last descriptor. As safe in signal handlers as the real ones: no
 * lock, no allocation. The library's own descriptors look closed already.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* would rename what we define */
#include <errno.h>
#include <limits.h>
#include <sys/resource.h>
#include <unistd.h>
#include "bind.h"
#include "client.h"
#include "control.h"
#include "export.h"
#include "fd-table.h"
#include "libc.h"

#define ROUND_FILES 32u

/* @fd means something to us, or may do so to another thread any moment. */
static int close_known(int fd)
{
	struct bind_closing closing;
	int ret;

	if (!fd_table_unknown(fd) && client_is_vfork_child())
		return libc()->close(fd);

	if (fd_table_internal(fd)) {
		errno = EBADF;
		return -1;
	}

	closing = bind_closing(fd);
	ret = libc()->close(fd);
	bind_closed(&closing);

	return ret;
}

EXPORT int close(int fd)
{
	if (!client_live() && fd_table_unknown(fd))
		return libc()->close(fd);

	return close_known(fd);
}

/* Close [@first, @last], up to ROUND_FILES of ours, none internal. Returns the
 * last number closed. */
static unsigned int close_round(unsigned int first, unsigned int last)
{
	struct control_unbind unbind = { .first = first, .last = last };
	uint64_t files[ROUND_FILES];
	unsigned int nr = 0;
	int fd;

	for (fd = fd_table_next(first, last); fd >= 0;
	     fd = fd_table_next((uint32_t)fd + 1, last)) {
		if (fd_table_take(fd, &files[nr]))
			nr++;
		if (nr == ROUND_FILES) {
			unbind.last = (uint32_t)fd;
			break;
		}
	}
	if (nr)
		(void)control_ask(CONTROL_UNBIND, &unbind, sizeof(unbind));

	(void)libc()->close_range(first, unbind.last, 0);

	for (fd = fd_table_next(first, unbind.last); fd >= 0;
	     fd = fd_table_next((uint32_t)fd + 1, unbind.last))
		bind_renewed(fd);
	while (nr)
		bind_sync(files[--nr]);

	return unbind.last;
}

/* Close [@first, @last] but for what is internal. */
static void close_around(uint64_t first, uint64_t last)
{
	uint64_t end;
	int internal;

	while (first <= last) {
		internal =
			fd_table_next_internal((uint32_t)first, (uint32_t)last);
		end = internal < 0 ? last + 1 : (uint64_t)internal;

		while (first < end)
			first = (uint64_t)close_round((uint32_t)first,
						      (uint32_t)end - 1) +
				1;
		if (internal >= 0)
			first++;
	}
}

/* Is there nothing to be told, and nothing to be left open? */
static bool close_is_plain(unsigned int first, unsigned int last)
{
	if (client_live())
		return !client_is_us();

	/* A forked child has what keeps its mappings. */
	return fd_table_next_internal(first, last) < 0;
}

EXPORT int close_range(unsigned int first, unsigned int last, int flags)
{
	if (flags || first > last || close_is_plain(first, last))
		return libc()->close_range(first, last, flags);

	/* Does the kernel have it? An empty range closes nothing. */
	if (libc()->close_range(UINT_MAX, UINT_MAX, 0))
		return -1;

	close_around(first, last);

	return 0;
}

EXPORT void closefrom(int first)
{
	struct rlimit limit;
	int saved = errno, fd;

	if (first < 0)
		first = 0;

	if (close_range((unsigned int)first, UINT_MAX, 0) &&
	    getrlimit(RLIMIT_NOFILE, &limit) == 0)
		for (fd = first; (rlim_t)fd < limit.rlim_cur; fd++)
			(void)close(fd);

	errno = saved;
}
