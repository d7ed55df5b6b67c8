/* SPDX-License-Identifier: MIT */
#include "base/packet.h"

#include "base/cleanup.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int packet_send(int sock, const void *data, size_t size, const int *fds,
		unsigned int nr_fds, int flags)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(PACKET_MAX_FDS * sizeof(int))];
	} control = { .space = { 0 } };
	struct iovec iov = { .iov_base = (void *)data, .iov_len = size };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	if (nr_fds) {
		control.header.cmsg_len = CMSG_LEN(nr_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		memcpy(CMSG_DATA(&control.header), fds, nr_fds * sizeof(int));
		msg.msg_control = &control;
		msg.msg_controllen = CMSG_SPACE(nr_fds * sizeof(int));
	}

	return sendmsg(sock, &msg, MSG_NOSIGNAL | flags) < 0 ? -errno : 0;
}

/* Of what came, up to @max_fds. */
static void take_fds(struct msghdr *msg, int *fds, unsigned int max_fds)
{
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	unsigned int nr;
	int fd;

	for (unsigned int i = 0; i < max_fds; i++)
		fds[i] = -1;
	if (cmsg == NULL || cmsg->cmsg_level != SOL_SOCKET ||
	    cmsg->cmsg_type != SCM_RIGHTS)
		return;

	nr = (unsigned int)((cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int));
	for (unsigned int i = 0; i < nr; i++) {
		memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(int), sizeof(int));
		if (i < max_fds)
			fds[i] = fd;
		else
			fd_close(fd);
	}
}

ssize_t packet_receive(int sock, void *data, size_t size, int *fds,
		       unsigned int max_fds, int flags)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(PACKET_MAX_FDS * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = data, .iov_len = size };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = max_fds ? sizeof(control) : 0,
	};
	ssize_t len;

	do
		len = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC | flags);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == ECONNRESET ? 0 : -errno;
	if (max_fds)
		take_fds(&msg, fds, max_fds);

	return len;
}
