/* SPDX-License-Identifier: MIT */
/*
 * Finding the daemon: what libevlclient and the tools do alike before the first
 * word of wire/control.h is said. In what order the names are tried is written
 * there.
 */
#ifndef _EVL_WIRE_CONTROL_FIND_H
#define _EVL_WIRE_CONTROL_FIND_H

#include "wire/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define CONTROL_SYSTEM_SOCKET CONTROL_SYSTEM_DIR "/" CONTROL_SOCKET_NAME
#define CONTROL_SOCKET_MAX    sizeof(((struct sockaddr_un *)0)->sun_path)

/* The socket of a user's own daemon. False: there can be none, since root has
 * the system's or since the name does not fit. */
static inline bool control_user_socket(char path[CONTROL_SOCKET_MAX])
{
	const char *dir = secure_getenv("XDG_RUNTIME_DIR");
	int len;

	if (geteuid() == 0)
		return false;

	if (dir && dir[0] == '/')
		len = snprintf(path, CONTROL_SOCKET_MAX, "%s/%s/%s", dir,
			       CONTROL_USER_DIR, CONTROL_SOCKET_NAME);
	else
		len = snprintf(path, CONTROL_SOCKET_MAX,
			       CONTROL_TMP_DIR "/" CONTROL_SOCKET_NAME,
			       (unsigned int)geteuid());

	return len > 0 && (size_t)len < CONTROL_SOCKET_MAX;
}

/* Does the -errno @ret of a connect() mean that the next name is to be tried? */
static inline bool control_nobody_there(int ret)
{
	return ret == -ENOENT || ret == -ECONNREFUSED || ret == -ENOTDIR;
}

/* Any user can make a directory in /tmp and wait for us there. 0 or -errno. */
static inline int control_check_owner(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len))
		return -errno;

	return cred.uid == geteuid() ? 0 : -EPERM;
}

/* What of errno a call on the socket left behind: its time-out is set. */
static inline int control_error_of(int err)
{
	return err == EAGAIN ? -ETIMEDOUT : -err;
}

#endif
