/* SPDX-License-Identifier: MIT */
#include "control-query.h"

#include "complain.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define ANSWER_TIMEOUT_S 5
#define MAX_RECORDS	 (1u << 20)

static int try_path(struct query *query)
{
	const struct timeval timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	memcpy(addr.sun_path, query->path, sizeof(addr.sun_path));

	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		ret = control_error_of(errno);
		close(fd);
		return ret;
	}

	query->fd = fd;

	return 0;
}

static int find_daemon(struct query *query)
{
	const char *path = secure_getenv(CONTROL_SOCKET_ENV);
	int ret;

	if (path && *path) {
		snprintf(query->path, sizeof(query->path), "%s", path);
		if (strlen(path) >= sizeof(query->path))
			return -ENAMETOOLONG;
		return try_path(query);
	}

	if (control_user_socket(query->path)) {
		ret = try_path(query);
		if (ret == 0)
			return control_check_owner(query->fd);
		if (!control_nobody_there(ret))
			return ret;
	}

	memcpy(query->path, CONTROL_SYSTEM_SOCKET,
	       sizeof(CONTROL_SYSTEM_SOCKET));

	return try_path(query);
}

static int check_welcome(const struct control_welcome *welcome, size_t size)
{
	/* These two come first in every version. */
	if (size < offsetof(struct control_welcome, features) ||
	    welcome->magic != CONTROL_MAGIC)
		return -EPROTO;
	if (welcome->abi != CONTROL_ABI)
		return -ENOEXEC;
	if (size != sizeof(*welcome))
		return -EPROTO;
	if (welcome->error)
		return welcome->error < 0 ? welcome->error : -EPROTO;

	return 0;
}

static int say_hello(struct query *query)
{
	const struct control_hello hello = {
		.magic = CONTROL_MAGIC,
		.abi = CONTROL_ABI,
		.features = CONTROL_FEATURES,
		.tool = 1,
	};
	ssize_t size;
	int ret;

	/* A daemon which hangs up on us says why first: go on to hear it. */
	(void)send(query->fd, &hello, sizeof(hello), MSG_NOSIGNAL);
	size = recv(query->fd, &query->welcome, sizeof(query->welcome), 0);
	if (size <= 0)
		return size ? control_error_of(errno) : -EPROTO;

	ret = check_welcome(&query->welcome, (size_t)size);
	query->welcome.devdir[sizeof(query->welcome.devdir) - 1] = '\0';
	query->welcome.version[sizeof(query->welcome.version) - 1] = '\0';

	return ret;
}

int query_open(struct query *query)
{
	int ret;

	memset(query, 0, sizeof(*query));
	query->fd = -1;

	ret = find_daemon(query);
	if (ret == 0)
		ret = say_hello(query);
	if (ret)
		query_close(query);

	return ret;
}

void query_close(struct query *query)
{
	if (query->fd >= 0)
		close(query->fd);
	query->fd = -1;
}

/* One record into @record. -ENOENT: there is no further one. */
static int ask(struct query *query, uint32_t table, uint64_t cursor,
	       void *record, size_t size)
{
	struct control_message msg = {
		.header = { .type = CONTROL_QUERY },
		.u.query = { .table = table, .cursor = cursor },
	};
	ssize_t got;

	if (send(query->fd, &msg, CONTROL_SIZE(query), MSG_NOSIGNAL) < 0)
		return errno == EPIPE ? -ECONNRESET : control_error_of(errno);
	got = recv(query->fd, &msg, sizeof(msg), 0);
	if (got <= 0)
		return got ? control_error_of(errno) : -ECONNRESET;

	if ((size_t)got < sizeof(msg.header) ||
	    msg.header.type != CONTROL_QUERY)
		return -EPROTO;
	if (msg.header.result < 0)
		return msg.header.result;
	if ((size_t)got != sizeof(msg.header) + size)
		return -EPROTO;

	memcpy(record, &msg.u, size);

	return 0;
}

/* Every record starts with the next one's cursor. */
static uint64_t next_cursor(const void *record)
{
	uint64_t next;

	memcpy(&next, record, sizeof(next));

	return next;
}

int query_table(struct query *query, uint32_t table, size_t size,
		void *r_records, size_t *r_nr)
{
	char *records = NULL, *grown;
	size_t nr = 0, room = 0;
	uint64_t cursor = 0;
	int ret;

	for (;;) {
		if (nr == room) {
			room = room ? 2 * room : 16;
			grown = realloc(records, room * size);
			ret = grown ? 0 : -ENOMEM;
			if (ret)
				break;
			records = grown;
		}
		ret = ask(query, table, cursor, records + nr * size, size);
		if (ret)
			break;
		cursor = next_cursor(records + nr * size);
		if (++nr == MAX_RECORDS) {
			ret = -EOVERFLOW;
			break;
		}
	}

	if (ret != -ENOENT) {
		free(records);
		return ret;
	}

	memcpy(r_records, &records, sizeof(records));
	*r_nr = nr;

	return 0;
}

int query_order(struct query *query, uint32_t type,
		const struct control_driver_order *order,
		struct control_driver_answer *r_answer, int *r_result)
{
	struct control_driver_message msg = {
		.header = { .type = type },
		.u.order = *order,
	};
	const struct timeval forever = { .tv_sec = 0 };
	const size_t answered = sizeof(msg.header) + sizeof(*r_answer);
	ssize_t got;

	setsockopt(query->fd, SOL_SOCKET, SO_RCVTIMEO, &forever,
		   sizeof(forever));
	if (send(query->fd, &msg, sizeof(msg), MSG_NOSIGNAL) < 0)
		return errno == EPIPE ? -ECONNRESET : control_error_of(errno);
	got = recv(query->fd, &msg, sizeof(msg), 0);
	if (got <= 0)
		return got ? control_error_of(errno) : -ECONNRESET;
	if ((size_t)got < sizeof(msg.header) || msg.header.type != type)
		return -EPROTO;

	/* Refused before anybody looked at it. */
	if ((size_t)got != answered && msg.header.result >= 0)
		return -EPROTO;
	if ((size_t)got != answered)
		msg.u.answer.text[0] = '\0';
	*r_answer = msg.u.answer;
	*r_result = msg.header.result;

	return 0;
}

int query_complain(const struct query *query, int ret)
{
	switch (ret) {
	case -ENOENT:
	case -ECONNREFUSED:
	case -ENOTDIR:
		complain("no evl-cused is running: nobody listens on %s; "
			 "start one, or name its socket in " CONTROL_SOCKET_ENV,
			 query->path);
		return TOOL_EXIT_NO_DAEMON;
	case -EPERM:
		complain("%s: another user listens there: name the right "
			 "socket in " CONTROL_SOCKET_ENV,
			 query->path);
		return TOOL_EXIT_NO_DAEMON;
	case -EAGAIN:
		complain("%s: evl-cused serves as many clients as it may: "
			 "end one, or start it with more --max-clients",
			 query->path);
		return TOOL_EXIT_NO_DAEMON;
	case -EDQUOT:
		complain("%s: user %u has its share of clients: end one, or "
			 "start evl-cused with more --max-clients",
			 query->path, geteuid());
		return TOOL_EXIT_NO_DAEMON;
	case -EACCES:
		complain("%s: not for user %u: be root, or of the group "
			 "which evl-cused was given by --group",
			 query->path, geteuid());
		return TOOL_EXIT_NO_DAEMON;
	case -ENOEXEC:
		complain("%s: this tool speaks ABI %u, that evl-cused %u: "
			 "use the tools of its version",
			 query->path, CONTROL_ABI, query->welcome.abi);
		return TOOL_EXIT_NO_DAEMON;
	case -ETIMEDOUT:
		complain("%s: evl-cused does not answer: it is stopped, or "
			 "has no descriptor left, as its log says then",
			 query->path);
		return TOOL_EXIT_NO_DAEMON;
	case -ECONNRESET:
		complain("%s: evl-cused hung up", query->path);
		return TOOL_EXIT_NO_DAEMON;
	default:
		complain("%s: %s", query->path, strerrordesc_np(-ret));
		return TOOL_EXIT_FAILURE;
	}
}

char *printable(char *string, size_t size)
{
	string[size - 1] = '\0';
	for (char *c = string; *c; c++)
		if (*c < ' ' || *c > '~')
			*c = '?';

	return string;
}

const char *query_front_name(uint32_t front)
{
	switch (front) {
	case CONTROL_FRONT_CUSE:
		return "cuse";
	case CONTROL_FRONT_FUSE:
		return "fuse";
	default:
		return "?";
	}
}
