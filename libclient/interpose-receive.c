/* SPDX-License-Identifier: MIT */
/*
 * recvmsg(2), recvmmsg(2) and pidfd_getfd(2): an EVL file which comes from
 * another process is bound when the call returns, as one which is opened. Where
 * no control data came it is a load, and one more for each further message.
 * Cancellation points, and as safe in signal handlers, as the real ones.
 */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS /* would, as the next one, rename what we define */
#undef _TIME_BITS
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include "bind.h"
#include "client.h"
#include "control.h"
#include "export.h"
#include "libc.h"

int pidfd_getfd(int pidfd, int fd, unsigned int flags);

/* The descriptors in @cmsg. */
static void rights_arrived(const struct cmsghdr *cmsg)
{
	size_t nr = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int), n;
	int fd;

	for (n = 0; n < nr; n++) {
		memcpy(&fd, CMSG_DATA(cmsg) + n * sizeof(fd), sizeof(fd));
		bind_arrived(fd);
	}
}

/* @msg has control data. */
static void control_arrived(struct msghdr *msg)
{
	struct cmsghdr *cmsg;

	/* The library's own thread receives from the daemon, and must not wait
	 * for answers. */
	if (!client_live() || control_is_self())
		return;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg))
		if (cmsg->cmsg_level == SOL_SOCKET &&
		    cmsg->cmsg_type == SCM_RIGHTS)
			rights_arrived(cmsg);
}

static ssize_t received(struct msghdr *msg, ssize_t ret)
{
	if (ret >= 0 && msg->msg_controllen)
		control_arrived(msg);

	return ret;
}

static int received_many(struct mmsghdr *msgs, int ret)
{
	int n;

	for (n = 0; n < ret; n++)
		(void)received(&msgs[n].msg_hdr, 0);

	return ret;
}

EXPORT ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	return received(msg, libc()->recvmsg(fd, msg, flags));
}

EXPORT int recvmmsg(int fd, struct mmsghdr *msgs, unsigned int nr, int flags,
		    struct timespec *timeout)
{
	return received_many(msgs,
			     libc()->recvmmsg(fd, msgs, nr, flags, timeout));
}

#ifndef __LP64__
/*
 * The names which they have for programs with 64-bit times: those of the time
 * stamps in the control data, and of the timeout.
 */

ssize_t __recvmsg64(int fd, struct msghdr *msg, int flags);
int __recvmmsg64(int fd, struct mmsghdr *msgs, unsigned int nr, int flags,
		 void *timeout);

/* The C library is older than that. */
static int missing(void)
{
	errno = ENOSYS;

	return -1;
}

EXPORT ssize_t __recvmsg64(int fd, struct msghdr *msg, int flags)
{
	if (libc()->recvmsg64 == NULL)
		return missing();

	return received(msg, libc()->recvmsg64(fd, msg, flags));
}

EXPORT int __recvmmsg64(int fd, struct mmsghdr *msgs, unsigned int nr,
			int flags, void *timeout)
{
	if (libc()->recvmmsg64 == NULL)
		return missing();

	return received_many(msgs,
			     libc()->recvmmsg64(fd, msgs, nr, flags, timeout));
}
#endif

EXPORT int pidfd_getfd(int pidfd, int fd, unsigned int flags)
{
	int ret = libc()->pidfd_getfd(pidfd, fd, flags);

	bind_arrived(ret);

	return ret;
}
