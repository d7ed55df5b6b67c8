/* SPDX-License-Identifier: MIT */
#include "replayer.h"

#include "daemon.h"
#include "endure.h"
#include "poller.h"

#include <evl/evl.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TRACES_MAX 4
#define ARGS_MAX   16

static char paths[TRACES_MAX][64];
static unsigned int nr_traces;

void replayer_teardown(void)
{
	endure_teardown();
	for (unsigned int i = 0; i < nr_traces; i++)
		unlink(paths[i]);
}

const char *replayer_trace(const char *lines)
{
	char *path;
	FILE *file;

	ck_assert_uint_lt(nr_traces, TRACES_MAX);
	path = paths[nr_traces++];
	strcpy(path, "/tmp/evl-trace-XXXXXX");
	file = fdopen(mkstemp(path), "w");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "evl-trace 1\n%s", lines);
	fclose(file);

	return path;
}

void replayer_start(const char *lines, ...)
{
	const char *args[ARGS_MAX] = { "--driver", getenv("EVL_REPLAY") };
	char file[80];
	int nr = 3;
	va_list ap;

	snprintf(file, sizeof(file), "file=%s", replayer_trace(lines));
	args[2] = file;
	va_start(ap, lines);
	while (nr < ARGS_MAX - 1 && (args[nr] = va_arg(ap, const char *)))
		nr++;
	va_end(ap);
	daemon_setup_with(args);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test-replay:%d", getpid()), 0);
}

int replayer_open(int flags)
{
	int fd = open(node_path("replay"), flags);

	ck_assert_msg(fd >= 0, "replay: %s", strerror(errno));

	return fd;
}

struct replay_status replayer_status(int fd)
{
	struct replay_status inband, oob;

	ck_assert_int_eq(ioctl(fd, REPLAY_IOC_STATUS, &inband), 0);
	ck_assert_int_eq(oob_ioctl(fd, REPLAY_IOC_STATUS, &oob), 0);
	ck_assert_int_eq(memcmp(&inband, &oob, sizeof(oob)), 0);

	return oob;
}

ssize_t replayer_read(int oob, int fd, void *buf, size_t size)
{
	return oob ? oob_read(fd, buf, size) : read(fd, buf, size);
}

ssize_t replayer_write(int oob, int fd, const char *text)
{
	return oob ? oob_write(fd, text, strlen(text))
		   : write(fd, text, strlen(text));
}

void replayer_ck(int oob, int fd, const char *text)
{
	char buf[256];
	ssize_t len = replayer_read(oob, fd, buf, sizeof(buf));

	ck_assert_int_eq(len, (ssize_t)strlen(text));
	ck_assert_int_eq(memcmp(buf, text, (size_t)len), 0);
}

static bool is_ready_oob(int fd, unsigned int events)
{
	struct evl_poll_event event;
	struct timespec now = { 0 };
	int set = evl_new_poll(), ret;

	ck_assert_int_eq(evl_add_pollfd(set, fd, events, evl_nil), 0);
	poller_set_nonblock(set, true);
	ret = evl_timedpoll(set, &event, 1, &now);
	close(set);
	ck_assert_int_le(ret, 1);

	return ret == 1 && event.events & events;
}

bool replayer_ready(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	bool ready = poll(&pfd, 1, 0) == 1 && pfd.revents & events;

	ck_assert(ready == is_ready_oob(fd, (unsigned int)events));

	return ready;
}
