/* SPDX-License-Identifier: MIT */
#include "front/session.h"

#include "base/cleanup.h"
#include "base/error.h"
#include "stage/inband.h"

#include <errno.h>
#include <fcntl.h>
#include <fuse_log.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Requests taken per round of the loop, so that nobody else has to starve. */
#define REQUESTS_PER_ROUND 64

/*
 * Where messages are read to. One for all: each is dealt with, or copied, when
 * libfuse's dispatch returns. The kernel wants room for its headers and the
 * largest write.
 */
static _Alignas(4096) char buffer[SESSION_IO_MAX + 4096];

/* What a closed connection's descriptor becomes. */
static int null_fd = -1;

static char last_message[256];

__attribute__((format(printf, 2, 0))) static void
keep_message(enum fuse_log_level level, const char *fmt, va_list ap)
{
	vsnprintf(last_message, sizeof(last_message), fmt, ap);
	last_message[strcspn(last_message, "\n")] = '\0';
	log_debug("libfuse: %s", last_message);
}

int session_setup(void)
{
	fuse_set_log_func(keep_message);
	if (null_fd < 0)
		null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

	return null_fd < 0 ? err_origin(-errno) : 0;
}

void session_cleanup(void)
{
	null_fd = fd_close(null_fd);
}

const char *session_last_message(void)
{
	return last_message;
}

bool session_is_over(const struct session *session)
{
	return session->doomed && list_empty(&session->requests) &&
	       list_empty(&session->closers);
}

void session_settle(struct session *session)
{
	/* Within the dispatch libfuse may look at it once more. */
	if (session->depth == 0 && session_is_over(session))
		session->free(session);
}

static void lose(struct session *session)
{
	session_disconnect(session);
	if (session->lost)
		session->lost(session);
}

/* False: nothing was there, or the connection is over. */
static bool take_message(struct session *session)
{
	struct fuse_buf buf = { .mem = buffer };
	ssize_t size;

	if (!session->connected)
		return false;

	/* ENOENT: a request was taken back while it was handed to us. */
	do
		size = read(fuse_session_fd(session->se), buffer,
			    sizeof(buffer));
	while (size < 0 && (errno == EINTR || errno == ENOENT));

	if (size <= 0) {
		if (size == 0 || errno != EAGAIN)
			lose(session);
		return false;
	}

	buf.size = (size_t)size;
	session->depth++;
	fuse_session_process_buf(session->se, &buf);
	session->depth--;

	return true;
}

/* At most @max messages. */
static void take_messages(struct session *session, unsigned int max)
{
	/* With its last request a doomed session is over: settling frees it. */
	while (max-- > 0 && take_message(session))
		if (session->depth == 0 && session_is_over(session))
			break;

	session_settle(session);
}

static void on_readable(struct ev_loop *loop, struct ev_io *w, int revents)
{
	take_messages(container_of(w, struct session, watcher),
		      REQUESTS_PER_ROUND);
}

void session_drain(struct session *session)
{
	take_messages(session, UINT32_MAX);
}

int session_open(struct session *session, struct fuse_session *se)
{
	int fd = fuse_session_fd(se);
	int flags;

	session->se = se;
	session->connected = true;
	session->doomed = false;
	session->depth = 0;
	INIT_LIST_HEAD(&session->requests);
	INIT_LIST_HEAD(&session->closers);
	ev_io_init(&session->watcher, on_readable, fd, EV_READ);

	flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0)
		return err_origin(-errno);

	ev_io_start(inband_loop(), &session->watcher);

	return 0;
}

void session_doom(struct session *session)
{
	session->doomed = true;
	session_settle(session);
}

void session_disconnect(struct session *session)
{
	if (!session->connected)
		return;

	session->connected = false;
	ev_io_stop(inband_loop(), &session->watcher);
	fuse_session_exit(session->se); /* it complains no more about answers */
	dup3(null_fd, fuse_session_fd(session->se), O_CLOEXEC);
}

void session_close(struct session *session)
{
	if (session->se == NULL)
		return;

	session_disconnect(session);
	fuse_session_destroy(session->se);
	session->se = NULL;
}
