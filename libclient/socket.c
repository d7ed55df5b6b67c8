/* SPDX-License-Identifier: MIT */
/*
 * The daemon's socket: the one we are told to use; else the user's own; else
 * the system's. One which does not exist, or which nobody listens to any more,
 * is passed over.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>
#include "socket.h"
#include "sys.h"

#define ANSWER_TIMEOUT_S 10

static void timeout_set(int fd, time_t seconds)
{
	const struct timeval timeout = { .tv_sec = seconds };

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout,
			 sizeof(timeout));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout,
			 sizeof(timeout));
}

static int try_path(const struct socket_hello *hello, int *r_fd)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;

	timeout_set(fd, ANSWER_TIMEOUT_S);
	memcpy(addr.sun_path, hello->path, sizeof(addr.sun_path));

	do {
		ret = connect(fd, (struct sockaddr *)&addr, sizeof(addr));
	} while (ret && errno == EINTR);

	if (ret) {
		ret = control_error_of(errno);
		sys_close(fd);
		return ret;
	}

	*r_fd = fd;

	return 0;
}

static int find_daemon(struct socket_hello *hello, int *r_fd)
{
	const char *path = secure_getenv(CONTROL_SOCKET_ENV);
	int ret;

	if (path && *path) {
		if (strlen(path) >= sizeof(hello->path)) {
			memcpy(hello->path, path, sizeof(hello->path) - 1);
			return -ENAMETOOLONG;
		}
		memcpy(hello->path, path, strlen(path) + 1);
		return try_path(hello, r_fd);
	}

	if (control_user_socket(hello->path)) {
		ret = try_path(hello, r_fd);
		if (ret == 0) {
			ret = control_check_owner(*r_fd);
			if (ret == 0)
				return 0;
			sys_close(*r_fd);
		}
		if (!control_nobody_there(ret))
			return ret;
	}

	memcpy(hello->path, CONTROL_SYSTEM_SOCKET,
	       sizeof(CONTROL_SYSTEM_SOCKET));

	return try_path(hello, r_fd);
}

static int check_welcome(struct control_welcome *welcome, size_t size)
{
	/* These two come first in every version. */
	if (size < offsetof(struct control_welcome, features) ||
	    welcome->magic != CONTROL_MAGIC)
		return -EPROTO;
	if (welcome->abi != CONTROL_ABI)
		return -ENOEXEC;
	if (size < sizeof(*welcome))
		return -EPROTO;
	if (welcome->error)
		return welcome->error < 0 ? welcome->error : -EPROTO;
	if (welcome->devdir[0] != '/' ||
	    memchr(welcome->devdir, 0, sizeof(welcome->devdir)) == NULL)
		return -EPROTO;

	return 0;
}

static int say_hello(int fd, struct socket_hello *hello)
{
	const struct control_hello say = { .magic = CONTROL_MAGIC,
					   .abi = CONTROL_ABI,
					   .features = CONTROL_FEATURES,
					   .compat = sizeof(void *) == 4 };
	struct ucred cred = { .pid = 0 };
	socklen_t len = sizeof(cred);
	ssize_t size;

	/* A daemon which hangs up on us says why first, so go on to hear. */
	(void)send(fd, &say, sizeof(say), MSG_NOSIGNAL);

	do {
		size = recv(fd, &hello->welcome, sizeof(hello->welcome), 0);
	} while (size < 0 && errno == EINTR);

	/* It ends, and hangs up on everybody. */
	if (size == 0 || (size < 0 && errno == ECONNRESET))
		return -ENOSYS;
	if (size < 0)
		return control_error_of(errno);

	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len);
	hello->pid = cred.pid;

	return check_welcome(&hello->welcome, (size_t)size);
}

int socket_connect(struct socket_hello *hello, int *r_fd)
{
	int fd = -1, ret;

	memset(hello, 0, sizeof(*hello));

	ret = find_daemon(hello, &fd);
	if (ret)
		return control_nobody_there(ret) ? -ENOSYS : ret;

	ret = say_hello(fd, hello);
	if (ret) {
		sys_close(fd);
		return ret;
	}

	timeout_set(fd, 0);
	*r_fd = fd;

	return 0;
}
