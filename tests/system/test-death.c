/* SPDX-License-Identifier: MIT */
/* Who dies, and what the others notice: clients inside blocking calls, the
 * daemon under its clients. */
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <uapi/evl/devices/loopback.h>
#include <uapi/evl/poll.h>
#include <unistd.h>

static char buf[64];

/* Shared with children. */
struct board {
	_Atomic(pid_t) tid; /* about to sleep */
	_Atomic(int) fd, ret, error;
	_Atomic(long) micros;
};

static struct board *board;

static void setup(void)
{
	endure_setup();
	board = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}

static int sleep_in_oob_read(void *arg)
{
	int xfd = evl_new_xbuf(64, "victim");

	if (xfd < 0 || evl_attach_self("victim") < 0)
		return 1;
	board->tid = (pid_t)syscall(SYS_gettid);
	board->ret = (int)oob_read(xfd, buf, 8);
	board->error = errno;

	return 0;
}

static int sleep_in_read(void *arg)
{
	int xfd = evl_new_xbuf(64, "victim");

	if (xfd < 0)
		return 1;
	board->fd = xfd;
	board->tid = getpid();
	board->ret = (int)read(xfd, buf, 8);
	board->error = errno;

	return 0;
}

static pid_t start_sleeper(int (*func)(void *arg))
{
	pid_t pid;

	board->tid = 0;
	pid = child_start(func, NULL);
	while (board->tid == 0)
		sched_yield();
	wait_until_asleep(pid, board->tid);

	return pid;
}

static void kill_sleepers(int (*func)(void *arg), int count)
{
	struct daemon_usage before, after;
	pid_t pid;

	for (int i = -20; i < count; i++) {
		if (i == 0)
			before = daemon_usage(&test_daemon); /* warm */
		pid = start_sleeper(func);
		kill(pid, SIGKILL);
		ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
		endure_await_quiet();
	}

	after = daemon_usage(&test_daemon);
	ck_assert_uint_eq(after.nr_fds, before.nr_fds);
	ck_assert_uint_eq(after.nr_threads, before.nr_threads);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	ck_assert_uint_le(after.nr_maps, before.nr_maps + 2);
	/* Allocators keep a little; what leaks per client would show. The
	 * sanitizers keep a lot, and tell of leaks themselves. */
	ck_assert_int_le(after.rss_kb, before.rss_kb + 512);
#endif
}

static int nr_kills(void)
{
	const char *count = getenv("EVL_TEST_KILLS");

	return count ? atoi(count) : 1000;
}

START_TEST(clients_killed_in_oob_read_leave_nothing)
{
	kill_sleepers(sleep_in_oob_read, nr_kills());
}
END_TEST

START_TEST(clients_killed_in_read_leave_nothing)
{
	kill_sleepers(sleep_in_read, nr_kills() / 10);
}
END_TEST

START_TEST(a_killed_client_disturbs_no_other)
{
	int xfd = evl_new_xbuf(64, "/shared");
	pid_t pid;

	ck_assert_int_ge(xfd, 0);
	ck_assert_int_ge(evl_attach_self("survivor"), 0);
	for (int i = 0; i < 20; i++) {
		pid = start_sleeper(sleep_in_oob_read);
		ck_assert_int_eq(write(xfd, "12345678", 8), 8);
		kill(pid, SIGKILL);
		ck_assert_int_eq(oob_read(xfd, buf, 8), 8);
		child_wait(pid);
		ck_assert_int_eq(oob_write(xfd, "12345678", 8), 8);
		ck_assert_int_eq(read(xfd, buf, 8), 8);
	}
}
END_TEST

/* Called in a child whose daemon is about to be killed. */
static int see_daemon_die(void *arg)
{
	int ret = sleep_in_oob_read(arg);

	if (ret || board->ret != -1 || board->error != ENODEV)
		return 2;
	/* From now on every call says so at once. */
	if (oob_read(3, buf, 1) != -1 || errno != ENODEV)
		return 3;

	return 0;
}

START_TEST(a_client_asleep_when_the_daemon_dies_gets_enodev)
{
	pid_t pid = start_sleeper(see_daemon_die);

	daemon_kill(&test_daemon);
	ck_assert_int_eq(child_wait(pid), 0);
}
END_TEST

static int loop_until_daemon_dies(void *arg)
{
	int xfd = evl_new_xbuf(64, "busy");

	if (xfd < 0 || evl_attach_self("busy") < 0)
		return 1;
	for (unsigned int i = 0;; i++) {
		errno = 0;
		if (oob_write(xfd, "x", 1) != 1)
			return errno == ENODEV ? 0 : 2;
		if (read(xfd, buf, 1) != 1)
			break;
		if (i == 1000)
			board->tid = getpid();
	}

	/* In-band calls fail as the kernel sees fit. */
	return oob_write(xfd, "x", 1) == -1 && errno == ENODEV ? 0 : 3;
}

/* Killed, or told to stop. */
START_TEST(a_busy_client_gets_enodev_too)
{
	pid_t pid = child_start(loop_until_daemon_dies, NULL);

	while (board->tid == 0)
		sched_yield();
	if (_i % 2)
		ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	else
		daemon_kill(&test_daemon);
	ck_assert_int_eq(child_wait(pid), 0);
}
END_TEST

/* Whichever step of theirs the daemon's death hits. */
static int make_elements_until_daemon_dies(void *arg)
{
	int fd;

	for (unsigned int i = 0;; i++) {
		fd = i % 2 ? evl_attach_self("now and then")
			   : evl_new_xbuf(64, "now and then");
		if (fd < 0)
			return fd == -ENODEV ? 0 : -fd;
		if (i % 2)
			evl_detach_self();
		close(fd);
		if (i == 10)
			board->tid = getpid();
	}
}

START_TEST(who_makes_elements_gets_enodev_too)
{
	pid_t pid = child_start(make_elements_until_daemon_dies, NULL);

	while (board->tid == 0)
		sched_yield();
	daemon_kill(&test_daemon);
	ck_assert_int_eq(child_wait(pid), 0);
}
END_TEST

/* What evl-cused(8) says of SIGKILL. Called in a child, asleep in read(2). */
static int see_in_band_calls_die(void *arg)
{
	struct pollfd pfd = { .events = POLLIN };

	if (sleep_in_read(arg) || board->ret != -1 ||
	    board->error != ECONNABORTED)
		return 2;

	pfd.fd = board->fd;
	if (read(pfd.fd, buf, 1) != -1 || errno != ENOTCONN)
		return 3;
	if (write(pfd.fd, buf, 1) != -1 || errno != ENOTCONN)
		return 4;

	return poll(&pfd, 1, 0) == 1 && pfd.revents == POLLERR ? 0 : 5;
}

START_TEST(in_band_calls_end_as_the_manual_says_when_the_daemon_dies)
{
	pid_t pid = start_sleeper(see_in_band_calls_die);

	daemon_kill(&test_daemon);
	ck_assert_int_eq(child_wait(pid), 0);
}
END_TEST

/* Every kind of oob call that sleeps: the request, its descriptor bound. */
enum oob_sleep { IN_READ, IN_WRITE, IN_IOCTL, IN_POLL, NR_SLEEPS };

static int bound(struct raw_client *client, int fd)
{
	ck_assert_int_eq(raw_bind(client, fd, fd), 0);

	return fd;
}

/* A polling set with a file in it which will never be ready. */
static void prepare_poll(struct raw_client *client, struct raw_slot *slot,
			 struct channel_request *rq)
{
	static struct evl_poll_ctlreq add = { .action = EVL_POLL_CTLADD,
					      .events = POLLIN };
	static struct evl_poll_waitreq wait = { .nrset = 1 };
	static struct evl_poll_event event;
	static struct __evl_timespec no_limit;

	add.fd = (uint32_t)bound(client, raw_xbuf("", 8, 8));
	wait.pollset_ptr = (uintptr_t)&event;
	wait.timeout_ptr = (uintptr_t)&no_limit;
	rq->fd = bound(client, raw_open("evl/poll", O_RDWR));
	rq->cmd = EVL_POLIOC_CTL;
	rq->addr = (uintptr_t)&add;
	ck_assert_int_eq(raw_request(slot, rq), 0);
	rq->cmd = EVL_POLIOC_WAIT;
	rq->addr = (uintptr_t)&wait;
}

static struct channel_request
prepare(enum oob_sleep kind, struct raw_client *client, struct raw_slot *slot)
{
	struct channel_request rq = { .op = CHANNEL_IOCTL };

	switch (kind) {
	case IN_READ:
	case IN_WRITE:
		rq.op = kind == IN_READ ? CHANNEL_READ : CHANNEL_WRITE;
		rq.fd = bound(client, raw_xbuf("", 8, 8));
		rq.addr = (uintptr_t)buf;
		rq.count = 8;
		if (kind == IN_WRITE)
			ck_assert_int_eq(raw_request(slot, &rq), 8);
		break;
	case IN_IOCTL:
		rq.fd = bound(client, raw_open("loopback", O_RDWR));
		rq.cmd = LOOPBACK_IOC_SLEEP;
		break;
	default:
		prepare_poll(client, slot, &rq);
	}

	return rq;
}

START_TEST(oob_calls_asleep_end_with_enodev_when_the_daemon_stops)
{
	struct channel_request rq;
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;

	raw_enter(&client, &ch, &slot);
	rq = prepare(_i % NR_SLEEPS, &client, &slot);
	raw_post(&slot, &rq);
	endure_await_busy((pid_t)syscall(SYS_gettid));
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	ck_assert_int_eq(raw_wait(&slot), -ENODEV);
	raw_exit(&client, &ch, &slot);
}
END_TEST

START_TEST(the_next_daemon_cleans_up_after_a_killed_one)
{
	int status;

	daemon_kill(&test_daemon);
	ck_assert_int_eq(daemon_start(&test_daemon, NULL, &status), 0);
	ck_assert_int_ge(evl_new_xbuf(16, "/works"), 0);
	ck_assert_int_eq(access(node_path("evl/xbuf/works"), F_OK), 0);
}
END_TEST

/* A killed in-band reader is gone at once, not stuck in the kernel. */
START_TEST(a_killed_reader_dies_at_once)
{
	pid_t pid = start_sleeper(sleep_in_read);

	kill(pid, SIGKILL);
	ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
}
END_TEST

static void nothing(int sig)
{
}

static int get_interrupted(void *arg)
{
	struct sigaction action = { .sa_handler = nothing };
	int (*sleeper)(void *) = arg;

	sigaction(SIGUSR1, &action, NULL);
	if (sleeper(NULL))
		return 1;

	return board->ret == -1 && board->error == EINTR ? 0 : 2;
}

static int interrupted_read(void *arg)
{
	return get_interrupted(sleep_in_read);
}

static int interrupted_oob_read(void *arg)
{
	return get_interrupted(sleep_in_oob_read);
}

START_TEST(a_signal_without_restart_interrupts_both_kinds_of_read)
{
	pid_t pid;

	pid = start_sleeper(interrupted_read);
	kill(pid, SIGUSR1);
	ck_assert_int_eq(child_wait(pid), 0);

	pid = start_sleeper(interrupted_oob_read);
	kill(pid, SIGUSR1);
	ck_assert_int_eq(child_wait(pid), 0);
}
END_TEST

static int restarted_oob_read(void *arg)
{
	struct sigaction action = { .sa_handler = nothing,
				    .sa_flags = SA_RESTART };
	int xfd = evl_new_xbuf(64, "/restarted");

	sigaction(SIGUSR1, &action, NULL);
	if (xfd < 0 || evl_attach_self("restarted") < 0)
		return 1;
	board->tid = (pid_t)syscall(SYS_gettid);

	return oob_read(xfd, buf, 8) == 8 ? 0 : 2;
}

START_TEST(a_signal_with_restart_leaves_an_oob_read_asleep)
{
	pid_t pid = start_sleeper(restarted_oob_read);
	int fd = open(node_path("evl/xbuf/restarted"), O_WRONLY);

	ck_assert_int_ge(fd, 0);
	for (int i = 0; i < 10; i++) {
		kill(pid, SIGUSR1);
		wait_until_asleep(pid, pid);
	}
	ck_assert_int_eq(write(fd, "12345678", 8), 8);
	ck_assert_int_eq(child_wait(pid), 0);
}
END_TEST

/* Leaves its connection, and its descriptors, to somebody else. */
static int bequeath(void *arg)
{
	struct raw_client client;
	int xfd;

	raw_join(&client, false);
	xfd = raw_xbuf("", 8, 8);
	if (raw_bind(&client, xfd, xfd))
		return 1;
	if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
		close(xfd);
		raw_await_hangup(client.fd);
		_exit(write(*(int *)arg, "", 1) != 1);
	}

	return 0;
}

START_TEST(a_client_ends_with_its_process)
{
	int told[2];
	char byte;

	ck_assert_int_eq(pipe(told), 0);
	ck_assert_int_eq(child_wait(child_start(bequeath, &told[1])), 0);
	/* Whoever has the connection is hung up on. */
	ck_assert_int_eq(read(told[0], &byte, 1), 1);
	endure_await_quiet();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/death");
	TCase *tcase = tcase_create("death");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 300);
	tcase_add_test(tcase, clients_killed_in_oob_read_leave_nothing);
	tcase_add_test(tcase, clients_killed_in_read_leave_nothing);
	tcase_add_test(tcase, a_killed_client_disturbs_no_other);
	tcase_add_test(tcase, a_client_ends_with_its_process);
	tcase_add_test(tcase, a_killed_reader_dies_at_once);
	tcase_add_test(tcase,
		       a_signal_without_restart_interrupts_both_kinds_of_read);
	tcase_add_test(tcase, a_signal_with_restart_leaves_an_oob_read_asleep);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("death of the daemon");
	tcase_add_checked_fixture(tcase, setup, daemon_bury);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_client_asleep_when_the_daemon_dies_gets_enodev);
	tcase_add_loop_test(tcase, a_busy_client_gets_enodev_too, 0, 10);
	tcase_add_loop_test(tcase, who_makes_elements_gets_enodev_too, 0, 10);
	tcase_add_loop_test(
		tcase, oob_calls_asleep_end_with_enodev_when_the_daemon_stops,
		0, 5 * NR_SLEEPS);
	tcase_add_test(
		tcase,
		in_band_calls_end_as_the_manual_says_when_the_daemon_dies);
	tcase_add_test(tcase, the_next_daemon_cleans_up_after_a_killed_one);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
