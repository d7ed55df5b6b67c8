/* SPDX-License-Identifier: MIT */
/*
 * Where the daemon is, and the first words with it.
 */
#pragma once

#include <wire/control-find.h>
#include <wire/control.h>

struct socket_hello {
	char path[CONTROL_SOCKET_MAX]; /* tried last */
	struct control_welcome welcome;
	int pid; /* the daemon's, as we see it; 0 if we cannot */
};

/*
 * Connect and be welcomed. Prints nothing. @hello is filled as far as it went.
 *
 * Blocks: until the daemon answers, at most for ten seconds.
 *
 * Return: 0 with the descriptor (close-on-exec) in *@r_fd, or
 *   -EACCES	no permission to use the socket
 *   -ENAMETOOLONG	$EVL_CUSED_SOCKET is longer than a socket's name
 *   -ENOEXEC	it speaks another ABI, @hello->welcome.abi
 *   -ENOSYS	nobody listens
 *   -EPERM	another user listens where this one's daemon would
 *   -EPROTO	what it said does not make sense
 *   -ETIMEDOUT	it did not answer
 *   others	as the daemon refuses us
 */
int socket_connect(struct socket_hello *hello, int *r_fd);
