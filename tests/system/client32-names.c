/* SPDX-License-Identifier: MIT */
#include "client32.h"

#include <evl/poll.h>
#include <evl/xbuf.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/* The names which some calls have in programs with times of 64 bits. */
int __fcntl_time64(int fd, int cmd, ...);
int __ioctl_time64(int fd, unsigned long request, ...);

void sets_nonblock_by_any_name(void)
{
	int xfd, on = 1, off = 0, dup_fd;
	char byte;

	attach();
	xfd = evl_new_xbuf(64, "narrow-xbuf-%d", getpid());
	check(xfd >= 0);
	for (int i = 0; i < 20; i++) {
		check(ioctl(xfd, FIONBIO, &on) == 0);
		check_fails(oob_read(xfd, &byte, 1), EAGAIN);
		check(__ioctl_time64(xfd, FIONBIO, &off) == 0);
		check(__ioctl_time64(xfd, FIONBIO, &on) == 0);
		check_fails(oob_read(xfd, &byte, 1), EAGAIN);
		check(fcntl(xfd, F_SETFL, 0) == 0);
		check(__fcntl_time64(xfd, F_SETFL, O_NONBLOCK) == 0);
		check_fails(oob_read(xfd, &byte, 1), EAGAIN);
	}
	dup_fd = __fcntl_time64(xfd, F_DUPFD, 100);
	check_fails(oob_read(dup_fd, &byte, 1), EAGAIN);
	check(close(dup_fd) == 0);
	check_fails(oob_read(dup_fd, &byte, 1), EBADF);
	check(close(xfd) == 0);
}

int __stat64_time64(const char *path, void *st);
int __lstat64_time64(const char *path, void *st);
int __fstatat64_time64(int dirfd, const char *path, void *st, int flags);

void finds_nodes_in_dev(void)
{
	const char *path = "/dev/evl/xbuf/clone";
	struct stat64 st64;
	struct stat st;
	char any[256]; /* the struct of those programs */

	attach();
	check(access(path, F_OK) == 0);
	check(stat64(path, &st64) == 0);
	check(S_ISREG(st64.st_mode));
	check(lstat64(path, &st64) == 0);
	check(fstatat64(AT_FDCWD, path, &st64, 0) == 0);
	check(__stat64_time64(path, any) == 0);
	check(__lstat64_time64(path, any) == 0);
	check(__fstatat64_time64(AT_FDCWD, path, any, 0) == 0);
	check_fails(__stat64_time64("/dev/evl/xbuf/none", any), ENOENT);
	/* The size is more than such a struct holds. */
	check_fails(stat(path, &st), EOVERFLOW);
}

ssize_t __recvmsg64(int fd, struct msghdr *msg, int flags);
int __recvmmsg64(int fd, struct mmsghdr *msgs, unsigned int nr, int flags,
		 void *timeout);

/* The @way'th way to receive. */
static int receive_by(int way, int socket, struct mmsghdr *mmsg)
{
	int64_t timeout[] = { 60, 0 };

	switch (way) {
	case 0:
		return (int)recvmsg(socket, &mmsg->msg_hdr, 0);
	case 1:
		return (int)__recvmsg64(socket, &mmsg->msg_hdr, 0);
	case 2:
		return recvmmsg(socket, mmsg, 1, 0, NULL);
	default:
		return __recvmmsg64(socket, mmsg, 1, 0, timeout);
	}
}

/* A set which polls a number finds it ready as soon as that has a file again
 * which the daemon knows. */
void receives_descriptors(void)
{
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte = 0;
	struct iovec iov = { .iov_base = &byte, .iov_len = 1 };
	struct mmsghdr mmsg = { .msg_hdr = { .msg_iov = &iov,
					     .msg_iovlen = 1,
					     .msg_control = control.buf } };
	struct cmsghdr *cmsg = &control.align;
	struct evl_poll_event event;
	int sockets[2], kept, pfd, fd;

	attach();
	check(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, sockets) == 0);
	kept = open_node("compat", O_RDWR);
	pfd = evl_new_poll();
	fd = dup(kept);
	check(evl_add_pollfd(pfd, fd, POLLIN, evl_nil) == 0);
	for (int way = 0; way < 4; way++) {
		check(evl_poll(pfd, &event, 1) == 1);
		mmsg.msg_hdr.msg_controllen = sizeof(control.buf);
		cmsg->cmsg_len = CMSG_LEN(sizeof(int));
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		*(int *)CMSG_DATA(cmsg) = kept;
		check(sendmsg(sockets[1], &mmsg.msg_hdr, 0) == 1);
		check(close(fd) == 0);
		check(evl_poll(pfd, &event, 1) == -EBADF);
		check(receive_by(way, sockets[0], &mmsg) == 1);
		check(*(int *)CMSG_DATA(cmsg) == fd);
	}
	check(evl_poll(pfd, &event, 1) == 1);
}

static int (*const fcntls[])(int fd, int cmd, ...) = { fcntl, fcntl64,
						       __fcntl_time64 };

void duplicates_by_any_name(void)
{
	int kept = open_node("compat", O_RDWR), pfd, fd;
	struct evl_poll_event event;

	attach();
	pfd = evl_new_poll();
	fd = dup(kept);
	check(evl_add_pollfd(pfd, fd, POLLIN, evl_nil) == 0);
	for (int i = 0; i < 3; i++) {
		check(close(fd) == 0);
		check(evl_poll(pfd, &event, 1) == -EBADF);
		check(fcntls[i](kept, F_DUPFD, fd) == fd);
		check(evl_poll(pfd, &event, 1) == 1);
	}
}
