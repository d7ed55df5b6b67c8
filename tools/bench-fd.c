/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that come and go: close(2) and dup(2) of one that means nothing
 * to us, as libevlclient has them and as bare system calls; and a node of the
 * daemon's, opened and closed.
 *
 * What has to be there first, and what goes afterwards, is not timed.
 */
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

struct steps {
	int (*before)(void);
	int (*timed)(void);
	int (*after)(void);
};

static int plain_fd = -1; /* owned, none of the daemon's */
static int fd;		  /* what comes and goes */
static const char *node;  /* borrowed */

static int nothing(void)
{
	return 0;
}

static int bare_dup(void)
{
	fd = (int)syscall(SYS_dup, plain_fd);

	return fd < 0 ? -errno : 0;
}

static int bare_close(void)
{
	return syscall(SYS_close, fd) ? -errno : 0;
}

static int our_dup(void)
{
	fd = dup(plain_fd);

	return fd < 0 ? -errno : 0;
}

static int our_close(void)
{
	return close(fd) ? -errno : 0;
}

static int open_it(void)
{
	fd = open(node, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : 0;
}

static int time_steps(const struct steps *steps, uint32_t *samples,
		      unsigned int nr)
{
	uint64_t start, took;
	int ret = 0;

	for (unsigned int i = 0; i < nr && ret == 0; i++) {
		ret = steps->before();
		start = bench_now();
		if (ret == 0)
			ret = steps->timed();
		took = bench_now() - start;
		if (ret == 0)
			ret = steps->after();
		samples[i] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
	}

	return ret;
}

#define FD_MEASURE(what, ...)                                              \
	static int time_##what(struct measure *measure, uint32_t *samples, \
			       unsigned int nr)                            \
	{                                                                  \
		return time_steps(&(const struct steps){ __VA_ARGS__ },    \
				  samples, nr);                            \
	}                                                                  \
	const struct measure measure_##what = { .name = #what,             \
						.run = time_##what }

FD_MEASURE(bare_close, bare_dup, bare_close, nothing);
FD_MEASURE(close, bare_dup, our_close, nothing);
FD_MEASURE(bare_dup, nothing, bare_dup, bare_close);
FD_MEASURE(dup, nothing, our_dup, bare_close);
FD_MEASURE(open_node, nothing, open_it, our_close);
FD_MEASURE(close_node, open_it, our_close, nothing);

int plain_fd_open(const char *node_path)
{
	node = node_path;
	plain_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	return plain_fd < 0 ? -errno : 0;
}

void plain_fd_close(void)
{
	if (plain_fd >= 0)
		close(plain_fd);
	plain_fd = -1;
}
