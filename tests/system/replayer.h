/* SPDX-License-Identifier: MIT */
/* A daemon with the replay driver, and the traces it is given. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <uapi/evl/devices/replay.h>

/* When nothing comes any more while a test runs, in seconds of a trace. */
#define LATER "1000000"

/* A checked fixture's end: the daemon stops, the traces are removed. */
void replayer_teardown(void);

/* A file of these lines, and the first one. Its path, in one of 4 buffers. */
const char *replayer_trace(const char *lines);

/* A daemon which replays these lines as "replay", with further parameters up to
 * NULL. The calling thread attaches to it, and
 * endure_await_busy() and its like know it. */
void replayer_start(const char *lines, ...);

int replayer_open(int flags);
struct replay_status replayer_status(int fd);

/* A call of either stage: in-band, and out-of-band if @oob. */
ssize_t replayer_read(int oob, int fd, void *buf, size_t size);
ssize_t replayer_write(int oob, int fd, const char *text);
/* @text is what is read next, as a whole. */
void replayer_ck(int oob, int fd, const char *text);
/* Is there any of these events? poll(2) and evl_poll() say the same. */
bool replayer_ready(int fd, short events);
