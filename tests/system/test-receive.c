/* SPDX-License-Identifier: MIT */
/*
 * Descriptors which come from another process, by a socket or by its pidfd: the
 * daemon knows them when the call returns. A driver asked about one
 * (evl_get_file()) says whether it does, without an oob call on that one.
 */
#include "../cancel.h"
#include "who-fd.h"

#include <evl/poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#define MAX_FDS 8

/* Of newer C libraries, or of our library alone. */
int pidfd_getfd(int pidfd, int fd, unsigned int flags);

static int eye; /* the descriptor through which the driver is asked */
static int pair[2];
static int self; /* a pidfd */

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_WHO"), "--driver",
				     getenv("EVL_SLOW_RELEASE"), NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_ge(evl_attach_self("test-receive"), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), 0);
	eye = open_who();
	self = (int)syscall(SYS_pidfd_open, getpid(), 0);
}

/* At once, and it is what the kernel thinks. */
#define ck_known(fd)                                             \
	do {                                                     \
		ck_assert_int_ge(fd, 0);                         \
		ck_assert_int_eq(found(eye, fd, false), is(fd)); \
		ck_assert_int_eq(found(eye, fd, true), is(fd));  \
		ck_assert_int_gt(is(fd), 0);                     \
	} while (0)

/* A message of one byte, with room for descriptors. */
struct parcel {
	struct msghdr msg;
	struct iovec iov;
	char byte;
	union {
		char buf[CMSG_SPACE(MAX_FDS * sizeof(int)) +
			 CMSG_SPACE(sizeof(struct ucred))];
		struct cmsghdr align;
	} control;
};

static struct msghdr *unpacked(struct parcel *parcel)
{
	memset(parcel, 0, sizeof(*parcel));
	parcel->iov.iov_base = &parcel->byte;
	parcel->iov.iov_len = 1;
	parcel->msg.msg_iov = &parcel->iov;
	parcel->msg.msg_iovlen = 1;
	parcel->msg.msg_control = parcel->control.buf;
	parcel->msg.msg_controllen = sizeof(parcel->control.buf);

	return &parcel->msg;
}

/* By the system call: nobody is to know what is sent. */
static void send_fds(const int *fds, size_t nr)
{
	struct parcel parcel;
	struct msghdr *msg = unpacked(&parcel);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(nr * sizeof(*fds));
	memcpy(CMSG_DATA(cmsg), fds, nr * sizeof(*fds));
	msg->msg_controllen = nr ? CMSG_SPACE(nr * sizeof(*fds)) : 0;
	ck_assert_int_eq(sendmsg(pair[1], msg, 0), 1);
}

/* The descriptors in a message, and how many. */
static size_t take_fds(struct msghdr *msg, int *fds)
{
	struct cmsghdr *cmsg;
	size_t nr = 0;

	for (cmsg = CMSG_FIRSTHDR(msg); cmsg; cmsg = CMSG_NXTHDR(msg, cmsg)) {
		if (cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		nr = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		ck_assert_uint_le(nr, MAX_FDS);
		memcpy(fds, CMSG_DATA(cmsg), nr * sizeof(int));
	}

	return nr;
}

static size_t receive(int *fds, int flags)
{
	struct parcel parcel;

	ck_assert_int_eq(recvmsg(pair[0], unpacked(&parcel), flags), 1);

	return take_fds(&parcel.msg, fds);
}

static int receive_one(void)
{
	int fds[MAX_FDS];

	ck_assert_uint_eq(receive(fds, 0), 1);

	return fds[0];
}

/* A duplicate of @fd, as it comes from another process: which we are to
 * ourselves. @by_pidfd: -1 if the kernel is older than 5.6. */
static int arrive(int fd, bool by_pidfd)
{
	int ret;

	if (!by_pidfd) {
		send_fds(&fd, 1);
		return receive_one();
	}

	ret = pidfd_getfd(self, fd, 0);
	ck_assert(ret >= 0 || errno == ENOSYS);

	return ret;
}

static int raw_open(const char *path)
{
	return (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR);
}

/* Without the library: it is told nothing, and the child never attaches. */
static int send_bare(void *arg)
{
	int fd = raw_open(node_path(arg));

	send_fds(&fd, 1);

	return fd >= 0 ? 0 : 1;
}

static int send_attached(void *arg)
{
	int fd;

	if (evl_attach_self("sender") < 0)
		return 1;
	fd = open_who();
	if (reached(fd) <= 0)
		return 2;
	send_fds(&fd, 1);

	return 0;
}

START_TEST(a_descriptor_may_come_by_a_socket)
{
	int fd;
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		pid = child_start(i ? send_attached : send_bare, "who");
		fd = receive_one();
		ck_known(fd);
		ck_assert_int_eq(child_wait(pid), 0);
		ck_known(fd);
		ck_reaches(fd, is(fd));
		close(fd);
		ck_assert_int_eq(reached(fd), -EBADF);
		ck_assert_int_eq(found(eye, fd, true), -EBADF);
	}
}
END_TEST

START_TEST(all_descriptors_of_a_message_are_bound)
{
	const int on = 1;
	int sent[] = { raw_open(node_path("who")), raw_open("/dev/zero"),
		       raw_open(node_path("who")) };
	int fds[MAX_FDS];

	/* Other control data comes along, and first. */
	ck_assert_int_eq(
		setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)),
		0);
	send_fds(sent, 3);
	ck_assert_uint_eq(receive(fds, 0), 3);
	ck_known(fds[0]);
	ck_assert_int_eq(found(eye, fds[1], true), -EBADF);
	ck_known(fds[2]);
	ck_assert_int_ne(is(fds[0]), is(fds[2]));
	ck_assert_int_eq(reached(fds[1]), -EBADF);
}
END_TEST

START_TEST(so_are_those_which_had_room)
{
	int fd = raw_open(node_path("who")), fds[MAX_FDS];
	int sent[] = { fd, fd, fd, fd };
	struct parcel parcel;
	struct msghdr *msg = unpacked(&parcel);
	size_t nr;

	send_fds(sent, 4);
	msg->msg_controllen = CMSG_LEN(2 * sizeof(int));
	ck_assert_int_eq(recvmsg(pair[0], msg, 0), 1);
	ck_assert(msg->msg_flags & MSG_CTRUNC);
	nr = take_fds(msg, fds);
	ck_assert_uint_eq(nr, 2);
	ck_known(fds[0]);
	ck_known(fds[1]);
}
END_TEST

START_TEST(peeking_gives_descriptors_too)
{
	int fd = raw_open(node_path("who")), peeked[MAX_FDS];

	send_fds(&fd, 1);
	ck_assert_uint_eq(receive(peeked, MSG_PEEK), 1);
	ck_known(peeked[0]);
	fd = receive_one();
	ck_assert_int_ne(fd, peeked[0]);
	ck_known(fd);
}
END_TEST

START_TEST(many_messages_may_come_in_one_call)
{
	int sent = raw_open(node_path("who")), fds[MAX_FDS];
	struct mmsghdr msgs[4] = { 0 };
	struct parcel parcels[4];

	for (int i = 0; i < 4; i++) {
		send_fds(&sent, i == 1 ? 0 : 1);
		msgs[i].msg_hdr = *unpacked(&parcels[i]);
	}
	ck_assert_int_eq(recvmmsg(pair[0], msgs, 3, 0, NULL), 3);
	for (int i = 0; i < 3; i++) {
		if (take_fds(&msgs[i].msg_hdr, fds))
			ck_known(fds[0]);
		else
			ck_assert_int_eq(i, 1);
	}
	/* The last one was not received, and looks it. */
	sent = receive_one();
	ck_known(sent);
	errno = 0;
	ck_assert_int_eq(recvmmsg(pair[0], msgs, 3, MSG_DONTWAIT, NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(what_a_number_was_before_does_not_matter)
{
	int zero = raw_open("/dev/zero"), who = raw_open(node_path("who"));
	int fd = dup(eye), got;
	int64_t number;

	/* Closed where nobody saw it, in use until then, and a duplicate keeps
	 * the file. */
	for (int i = 0; i < 2; i++) {
		number = i ? is(who) : -EBADF;
		ck_reaches(fd, is(eye));
		syscall(SYS_close, fd);
		got = arrive(i ? who : zero, _i);
		if (got < 0)
			return;
		ck_assert_int_eq(got, fd);
		ck_assert_int_eq(reached(fd), number);
		ck_assert_int_eq(found(eye, fd, true), number);
		ck_assert_int_eq(dup2(eye, fd), fd);
	}
}
END_TEST

START_TEST(a_set_which_polls_the_number_finds_it)
{
	int pfd = evl_new_poll(), fd = open_who(), who, got;
	struct evl_poll_event event;

	who = raw_open(node_path("who"));
	ck_assert_int_eq(evl_add_pollfd(pfd, fd, POLLIN, evl_nil), 0);
	ck_assert_int_eq(evl_poll(pfd, &event, 1), 1);
	close(fd);
	ck_assert_int_eq(evl_poll(pfd, &event, 1), -EBADF);
	got = arrive(who, _i);
	if (got < 0)
		return;
	ck_assert_int_eq(got, fd);
	ck_assert_int_eq(evl_poll(pfd, &event, 1), 1);
}
END_TEST

static unsigned int count_released(int fd)
{
	unsigned int count;

	ck_assert_int_eq(read(fd, &count, sizeof(count)), sizeof(count));

	return count;
}

START_TEST(closing_one_awaits_its_release)
{
	int count_fd = open(node_path("slow-release"), O_RDONLY), fd;
	pid_t pid;

	for (unsigned int i = 1; i <= 5; i++) {
		pid = child_start(send_bare, "slow-release");
		fd = receive_one();
		/* We have the last one. */
		ck_assert_int_eq(child_wait(pid), 0);
		ck_assert_int_eq(close(fd), 0);
		ck_assert_uint_eq(count_released(count_fd), i);
	}
}
END_TEST

static int hold_one(void *arg)
{
	int fd = raw_open(node_path("who"));
	char byte = 0;

	if (write(pair[1], &fd, sizeof(fd)) != sizeof(fd))
		return 1;

	return read(pair[1], &byte, 1) == 1 ? 0 : 2;
}

START_TEST(a_descriptor_may_be_taken_from_another_process)
{
	int fd, theirs, pidfd;
	pid_t pid;

	pid = child_start(hold_one, NULL);
	ck_assert_int_eq(read(pair[0], &theirs, sizeof(theirs)),
			 sizeof(theirs));
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	errno = 0;
	fd = pidfd_getfd(pidfd, theirs, 0);
	if (fd < 0 && errno == ENOSYS) { /* before Linux 5.6 */
		fd = eye;
	} else {
		ck_known(fd);
		ck_assert_int_eq(pidfd_getfd(pidfd, theirs, 1), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_int_eq(pidfd_getfd(pidfd, 999, 0), -1);
		ck_assert_int_eq(errno, EBADF);
	}
	ck_assert_int_eq(write(pair[0], "x", 1), 1);
	ck_assert_int_eq(child_wait(pid), 0);
	ck_reaches(fd, is(fd));
}
END_TEST

static _Atomic(pid_t) receiver_tid;

static void *receive_for_ever(void *arg)
{
	struct parcel parcel;
	struct mmsghdr mmsg = { .msg_hdr = *unpacked(&parcel) };

	receiver_tid = (pid_t)syscall(SYS_gettid);
	if (arg)
		recvmmsg(pair[0], &mmsg, 1, 0, NULL);
	else
		recvmsg(pair[0], &mmsg.msg_hdr, 0);

	return NULL;
}

START_TEST(who_waits_for_one_can_be_cancelled)
{
	pthread_t thread;
	void *ret;

	for (int i = 0; i < 2; i++) {
		receiver_tid = 0;
		ck_assert_int_eq(cancellable_create(&thread, receive_for_ever,
						    i ? &eye : NULL),
				 0);
		while (receiver_tid == 0)
			sched_yield();
		wait_until_asleep(getpid(), receiver_tid);
		pthread_cancel(thread);
		pthread_join(thread, &ret);
		ck_assert_ptr_eq(ret, PTHREAD_CANCELED);
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_descriptor_may_come_by_a_socket,
		all_descriptors_of_a_message_are_bound,
		so_are_those_which_had_room,
		peeking_gives_descriptors_too,
		many_messages_may_come_in_one_call,
		closing_one_awaits_its_release,
		a_descriptor_may_be_taken_from_another_process,
		who_waits_for_one_can_be_cancelled,
	};
	Suite *suite = suite_create("system/receive");
	TCase *tcase = tcase_create("receive");

	tcase_add_checked_fixture(tcase, setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, what_a_number_was_before_does_not_matter, 0,
			    2);
	tcase_add_loop_test(tcase, a_set_which_polls_the_number_finds_it, 0, 2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
