/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in the arguments of a driver's ioctls, which it looks up by
 * evl_get_file(): whichever way they came, and whatever the caller's process
 * does about it. Loops run over the stages.
 */
#include "daemon.h"
#include "drivers/keeper.h"
#include "drivers/xbuf-peer.h"
#include "endure.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <uapi/evl/poll.h>
#include <unistd.h>

enum { INBAND, OOB, NR_STAGES }; /* what the driver is called from */

static int keeper;

static void setup(void)
{
	const char *const args[] = {
		"--driver", getenv("EVL_LOOPBACK"),
		"--driver", getenv("EVL_KEEPER"),
		"--driver", getenv("EVL_XBUF_PEER"),
		NULL,
	};
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	keeper = open(node_path("keeper"), O_RDWR);
	ck_assert_int_ge(keeper, 0);
}

/* What the driver says, or -errno. */
static int call(int stage, int fd, unsigned int cmd, int arg)
{
	int ret = stage == OOB ? oob_ioctl(fd, cmd, (long)arg)
			       : ioctl(fd, cmd, (long)arg);

	return ret < 0 ? -errno : ret;
}

static int is_own(int stage, int fd)
{
	return call(stage, keeper, KEEPER_OWN, fd);
}

static int raw_dup(int fd)
{
	return (int)syscall(SYS_dup, fd);
}

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

/*
 * A client which takes our errands and does not answer, or not what it should.
 */
static struct raw_client mute;
static struct raw_channel channel;
static struct raw_slot slot;

/* Returns the errand it is asked to do for descriptor @fd. */
static struct control_message hear_errand(int fd)
{
	struct control_message msg;
	int fds[2];

	ck_assert_uint_eq(raw_receive(mute.fd, &msg, sizeof(msg), fds),
			  CONTROL_SIZE(errand));
	ck_assert_uint_eq(msg.header.type, CONTROL_ERRAND);
	ck_assert_uint_eq(msg.u.errand.what, CONTROL_ERRAND_BIND);
	ck_assert_int_eq(msg.u.errand.fd, fd);

	return msg;
}

static void answer_errand(uint32_t number, int result, uint64_t rdev)
{
	struct control_errand_done body = {
		.number = number,
		.result = result,
		.rdev = rdev,
	};
	struct control_message reply;

	ck_assert_int_eq(raw_call(&mute, CONTROL_ERRAND_DONE, &body,
				  sizeof(body), &reply),
			 0);
}

/* KEEPER_OWN on @fd, which is bound, for the descriptor @arg, which is not. */
static void post_own(int fd, int arg)
{
	const struct channel_request rq = {
		.op = CHANNEL_IOCTL,
		.fd = fd,
		.cmd = KEEPER_OWN,
		.addr = (uint64_t)arg,
	};

	raw_post(&slot, &rq);
}

static int enter_mute(void)
{
	int fd;

	raw_enter(&mute, &channel, &slot);
	fd = raw_open("keeper", O_RDWR);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(raw_bind(&mute, fd, fd), 0);

	return fd;
}

/* Says that it sleeps, to who has started it; then nobody wakes it. */
static _Atomic(int) *asked;

static int stay_mute(void *arg)
{
	int fd = enter_mute(), other = raw_dup(fd);

	post_own(fd, other);
	hear_errand(other);
	*asked = 1;
	if (*(int *)arg == OOB)
		pause();

	return raw_inband(fd, KEEPER_OWN, (void *)(long)other); /* waits, too */
}

START_TEST(a_client_that_never_answers_keeps_nobody_else)
{
	pid_t pid;

	asked = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pid = child_start(stay_mute, &_i);
	while (*asked == 0)
		sched_yield();
	if (_i == INBAND)
		wait_until_asleep(pid, pid);
	/* Others are served, and answered what they ask. */
	for (int i = 0; i < 10; i++) {
		int fd = raw_dup(keeper);

		ck_assert_int_eq(is_own(INBAND, fd), 1);
		close(fd);
		fd = raw_dup(keeper);
		ck_assert_int_eq(is_own(OOB, fd), 1);
		close(fd);
	}
	endure_check_service();

	/* It can be killed, and nothing is left of it. */
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
	while (endure_nr_files("keeper") != 1)
		sched_yield();
	ck_assert_int_eq(is_own(INBAND, keeper), 1);
}
END_TEST

static int answer_badly(void *arg)
{
	static const int results[] = { -EBADF, 1, 1, INT32_MAX, INT32_MIN };
	int fd = enter_mute(), other = raw_dup(fd);
	struct control_message msg;

	for (int i = 0; i < 5; i++) {
		post_own(fd, other);
		/* A lie is not believed, but it is asked again. */
		for (int n = 0; n < 3; n++) {
			msg = hear_errand(other);
			answer_errand(msg.header.seq, 0, 0);
		}
		msg = hear_errand(other);
		answer_errand(msg.header.seq + 1, 0, 0);
		answer_errand(msg.header.seq, results[i],
			      i < 2 ? 0 : UINT64_MAX);
		if (raw_wait(&slot) != -EBADF)
			return 1;
		/* A second time, to nobody. */
		answer_errand(msg.header.seq, results[i], 0);
	}
	/* Broken off, it ends without an answer. */
	for (int i = 0; i < 50; i++) {
		post_own(fd, other);
		if (i % 2)
			msg = hear_errand(other);
		atomic_store(&slot.shared->cancel, slot.seq);
		raw_ring(&slot);
		if (raw_wait(&slot) != -EBADF)
			return 2;
	}
	raw_leave(&mute);

	return 0;
}

START_TEST(bad_answers_are_none)
{
	ck_assert_int_eq(child_wait(child_start(answer_badly, NULL)), 0);
}
END_TEST

/* Who closes the file that the handler works on need not wait for somebody who
 * does not answer. */
static int close_mute(void *arg)
{
	int fd = enter_mute();

	post_own(fd, 299);
	hear_errand(299);
	close(fd);

	return raw_wait(&slot) == -EBADF ? 0 : 1;
}

START_TEST(a_file_may_be_closed_while_its_handler_asks)
{
	ck_assert_int_eq(child_wait(child_start(close_mute, NULL)), 0);
	while (endure_nr_files("keeper") != 1)
		sched_yield();
}
END_TEST

static int64_t raw_ioctl(int fd, unsigned int cmd, void *arg)
{
	const struct channel_request rq = {
		.op = CHANNEL_IOCTL,
		.fd = fd,
		.cmd = cmd,
		.addr = (uintptr_t)arg,
	};

	raw_post(&slot, &rq);

	return raw_wait(&slot);
}

static int close_mute_set(void *arg)
{
	int fd = enter_mute(), set = raw_open("evl/poll", O_RDWR);
	struct evl_poll_ctlreq ctl = {
		.action = EVL_POLL_CTLADD,
		.fd = (uint32_t)fd,
	};
	struct control_unbind unbind = {
		.first = (uint32_t)fd,
		.last = (uint32_t)fd,
	};
	struct __evl_timespec no_limit = { 0 };
	struct evl_poll_event event;
	struct evl_poll_waitreq wait = {
		.timeout_ptr = (uintptr_t)&no_limit,
		.pollset_ptr = (uintptr_t)&event,
		.nrset = 1,
	};
	const struct channel_request rq = {
		.op = CHANNEL_IOCTL,
		.fd = set,
		.cmd = EVL_POLIOC_WAIT,
		.addr = (uintptr_t)&wait,
	};

	if (raw_bind(&mute, set, set) || raw_ioctl(set, EVL_POLIOC_CTL, &ctl) ||
	    raw_call(&mute, CONTROL_UNBIND, &unbind, sizeof(unbind), NULL))
		return 1;
	raw_post(&slot, &rq);
	raw_do_chores(&slot, mute.fd);
	hear_errand(fd);
	close(set);

	return raw_wait(&slot) == -EIDRM ? 0 : 2;
}

START_TEST(so_may_a_polling_set)
{
	ck_assert_int_eq(child_wait(child_start(close_mute_set, NULL)), 0);
	while (endure_nr_files("evl/poll"))
		sched_yield();
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  endure_teardown);
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
	add(suite, "mute", a_client_that_never_answers_keeps_nobody_else,
	    NR_STAGES);
	add(suite, "bad", bad_answers_are_none, 1);
	add(suite, "closed", a_file_may_be_closed_while_its_handler_asks, 1);
	add(suite, "set", so_may_a_polling_set, 1);

	return suite_run(suite);
}
