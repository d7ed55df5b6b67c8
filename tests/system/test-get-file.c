/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in the arguments of a driver's ioctls, which it looks up by
 * evl_get_file(): whichever way they came, and whatever the caller's process
 * does about it. Loops run over the stages.
 */
#include "drivers/xbuf-peer.h"
#include "keeper-fd.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* One which a socket brings. */
static int pass(int fd)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { .header = { .cmsg_len = CMSG_LEN(sizeof(int)),
				  .cmsg_level = SOL_SOCKET,
				  .cmsg_type = SCM_RIGHTS } };
	char byte = 0;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	int ends[2], passed;

	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	ck_assert_int_eq(sendmsg(ends[0], &msg, 0), 1);
	ck_assert_int_eq(recvmsg(ends[1], &msg, 0), 1);
	memcpy(&passed, CMSG_DATA(&control.header), sizeof(passed));
	close(ends[0]);
	close(ends[1]);

	return passed;
}

START_TEST(it_is_found_by_whatever_way_it_came)
{
	int other = open(node_path("keeper"), O_RDWR), fds[3], number;

	ck_assert_int_eq(is_own(_i, keeper), 1);
	fds[0] = raw_dup(keeper);
	fds[1] = pass(keeper);
	ck_assert_int_eq(syscall(SYS_dup3, keeper, 300, 0), 300);
	fds[2] = 300;
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(is_own(_i, fds[i]), 1);
	/* Another file is another one, also of a device never heard of. */
	ck_assert_int_eq(is_own(_i, raw_open("loopback", O_RDWR)), 0);
	number = raw_dup(other);
	ck_assert_int_eq(is_own(_i, number), 0);
	/* What is known by now is found where nobody may ask. */
	ck_assert_int_eq(call(_i, keeper, KEEPER_GET_SPIN, number), 0);
	ck_assert_int_eq(call(_i, keeper, KEEPER_PUT, 0), 0);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(is_own(_i, fds[i]), -EBADF);
}
END_TEST

/* Opened, closed, and another file's number, all where nobody sees it. */
START_TEST(a_number_is_what_it_is_by_now)
{
	for (int i = 0; i < 20; i++) {
		int fd = raw_open("keeper", O_RDWR), again;

		ck_assert_int_eq(is_own(_i, fd), 0);
		ck_assert_int_eq(syscall(SYS_close, fd), 0);
		/* When nobody has it open any more, the daemon knows. */
		while (endure_nr_files("keeper") != 1)
			sched_yield();
		ck_assert_int_eq(is_own(_i, fd), -EBADF);
		again = raw_dup(keeper);
		ck_assert_int_eq(again, fd);
		ck_assert_int_eq(is_own(_i, fd), 1);
		close(fd);
	}
}
END_TEST

/* Nobody has used it for long, and it has a duplicate. */
START_TEST(a_number_that_rests_is_what_it_is_by_now)
{
	int fd = raw_dup(keeper), looked_at = raw_dup(keeper);

	ck_assert_int_eq(is_own(_i, fd), 1);
	ck_assert_int_eq(is_own(_i, looked_at), 1);
	/* Who notices this one has looked at the other, too. */
	ck_assert_int_eq(syscall(SYS_close, looked_at), 0);
	while (is_own(_i, looked_at) != -EBADF)
		sched_yield();
	ck_assert_int_eq(syscall(SYS_close, fd), 0);
	ck_assert_int_eq(syscall(SYS_eventfd2, 0, 0), fd);
	while (is_own(_i, fd) != -EBADF)
		sched_yield();
}
END_TEST

START_TEST(what_is_none_of_ours_is_not)
{
	int pipefd[2];

	ck_assert_int_eq(pipe(pipefd), 0);
	ck_assert_int_eq(is_own(_i, pipefd[0]), -EBADF);
	ck_assert_int_eq(is_own(_i, open("/dev/null", O_RDWR)), -EBADF);
	ck_assert_int_eq(is_own(_i, open("/dev/fuse", O_RDWR)), -EBADF);
	ck_assert_int_eq(is_own(_i, open("/proc/self/stat", O_RDONLY)), -EBADF);
	ck_assert_int_eq(is_own(_i, -1), -EBADF);
	ck_assert_int_eq(is_own(_i, 1 << 20), -EBADF);
	ck_assert_int_eq(is_own(_i, 299), -EBADF);
	/* In-band only. */
	ck_assert_int_eq(is_own(_i, raw_open("evl/xbuf/clone", O_RDWR)),
			 -EBADF);
}
END_TEST

START_TEST(nobody_is_asked_for_who_holds_a_lock)
{
	int fd = raw_dup(keeper);

	daemon_rules_broken = _i == 1; /* by a mutex */
	ck_assert_int_eq(call(_i, keeper, KEEPER_GET_SPIN, fd), -EBADF);
	ck_assert_int_eq(call(_i, keeper, KEEPER_GET_MUTEX, fd), -EBADF);
	ck_assert_int_eq(call(_i, keeper, KEEPER_GET, fd), 0);
	ck_assert_int_eq(call(_i, keeper, KEEPER_PUT, 0), 0);
	ck_assert_int_eq(call(_i, keeper, KEEPER_GET_MUTEX, fd), 0);
	ck_assert_int_eq(call(_i, keeper, KEEPER_PUT, 0), 0);
}
END_TEST

START_TEST(a_cross_buffer_is_found_too)
{
	int peer = open(node_path("xbuf-peer"), O_RDWR);
	int xfd = evl_new_xbuf(16, NULL), fd = raw_dup(xfd);

	ck_assert_int_eq(call(_i, peer, XBUF_PEER_IOC_GET, fd), 0);
	ck_assert_int_eq(call(_i, peer, XBUF_PEER_IOC_PUT, 0), 0);
	ck_assert_int_eq(call(_i, peer, XBUF_PEER_IOC_GET, raw_dup(keeper)),
			 -ENOENT);
}
END_TEST

/* More at once than are sent to one client. */
#define NR_ASKERS 40

struct asker {
	pthread_t thread;
	int stage, nr_wrong;
};

static void *ask_often(void *arg)
{
	struct asker *asker = arg;

	if (evl_attach_self("asker:%ld", syscall(SYS_gettid)) < 0)
		asker->nr_wrong++;
	for (int i = 0; i < 20; i++) {
		int fd = raw_dup(keeper);

		asker->nr_wrong += is_own(asker->stage, fd) != 1;
		close(fd);
	}
	evl_detach_self();

	return NULL;
}

START_TEST(threads_ask_all_at_once)
{
	struct asker askers[NR_ASKERS] = { 0 };

	for (int i = 0; i < NR_ASKERS; i++) {
		askers[i].stage = i % 2;
		pthread_create(&askers[i].thread, NULL, ask_often, &askers[i]);
	}
	for (int i = 0; i < NR_ASKERS; i++) {
		pthread_join(askers[i].thread, NULL);
		ck_assert_int_eq(askers[i].nr_wrong, 0);
	}
}
END_TEST

/* The library has not connected, and does not see these calls. */
static int ask_bare(void *arg)
{
	int fd = raw_dup(keeper);

	if (raw_inband(keeper, KEEPER_OWN, (void *)(long)fd) != -EBADF ||
	    raw_inband(keeper, KEEPER_OWN, (void *)(long)keeper) != -EBADF)
		return 1;
	/* Those it sees, and connects. */
	if (is_own(INBAND, fd) != 1)
		return 2;
	if (evl_attach_self("asks") < 0)
		return 3;

	return is_own(OOB, fd) == 1 ? 0 : 4;
}

START_TEST(a_caller_without_the_library_is_not_asked)
{
	ck_assert_int_eq(child_wait(child_start(ask_bare, NULL)), 0);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr),
				  keeper_setup, endure_teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/get-file");

	add(suite, "ways", it_is_found_by_whatever_way_it_came, NR_STAGES);
	add(suite, "now", a_number_is_what_it_is_by_now, NR_STAGES);
	add(suite, "rest", a_number_that_rests_is_what_it_is_by_now, NR_STAGES);
	add(suite, "others", what_is_none_of_ours_is_not, NR_STAGES);
	add(suite, "locks", nobody_is_asked_for_who_holds_a_lock, NR_STAGES);
	add(suite, "xbuf", a_cross_buffer_is_found_too, NR_STAGES);
	add(suite, "threads", threads_ask_all_at_once, 1);
	add(suite, "bare", a_caller_without_the_library_is_not_asked, 1);

	return suite_run(suite);
}
