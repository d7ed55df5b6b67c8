/* SPDX-License-Identifier: MIT */
/* Polling sets, end to end: who gets ready, how waits end, bad values. */
#include "daemon.h"
#include "endure.h"
#include "poller.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#define MANY	 EVL_POLL_MAX_FDS
#define FIRST_FD 1000

static struct evl_poll_event events[MANY + 1];

/* What @fd is ready for, without waiting. */
static unsigned int ready(int fd)
{
	int set = evl_new_poll(), ret;

	ck_assert_int_ge(set, 0);
	poller_set_nonblock(set, true);
	ck_assert_int_eq(evl_add_pollfd(set, fd, ~0u, evl_nil), 0);
	ret = evl_poll(set, events, 1);
	ck_assert(ret == 1 || ret == -EAGAIN);
	close(set);

	return ret == 1 ? events[0].events : 0;
}

START_TEST(a_set_is_a_file_for_polling_only)
{
	struct evl_poll_waitreq req = { .nrset = 1 };
	char buf[8];

	ck_assert(fcntl(poller_set, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(read(poller_set, buf, 8), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(ioctl(poller_set, EVL_POLIOC_WAIT, &req), -1);
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert_int_eq(oob_ioctl(poller_set, 1234), -1);
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert_int_eq(evl_add_pollfd(poller_fd, poller_set, POLLIN, evl_nil),
			 -ENOTTY);
	ck_assert_int_eq(evl_add_pollfd(-1, poller_fd, POLLIN, evl_nil),
			 -EBADF);
	ck_assert_int_eq(evl_poll(STDIN_FILENO, events, 1), -EBADF);
}
END_TEST

static void *poll_unattached(void *arg)
{
	int set = evl_new_poll();

	ck_assert_int_ge(set, 0);
	ck_assert_int_eq(evl_add_pollfd(set, poller_fd, POLLIN, evl_nil),
			 -EPERM);
	ck_assert_int_eq(evl_mod_pollfd(set, poller_fd, POLLIN, evl_nil),
			 -EPERM);
	ck_assert_int_eq(evl_del_pollfd(set, poller_fd), -EPERM);
	ck_assert_int_eq(evl_poll(set, events, 1), -EPERM);

	return arg;
}

START_TEST(only_making_a_set_needs_no_attachment)
{
	pthread_t thread;

	pthread_create(&thread, NULL, poll_unattached, NULL);
	pthread_join(thread, NULL);
}
END_TEST

START_TEST(levels_follow_the_rings_of_a_cross_buffer)
{
	const unsigned int in = POLLIN | POLLRDNORM;
	const unsigned int out = POLLOUT | POLLWRNORM;
	char buf[8];

	ck_assert_uint_eq(ready(poller_fd), out);
	ck_assert_int_eq(write(poller_fd, "a", 1), 1);
	ck_assert_uint_eq(ready(poller_fd), in | out);
	ck_assert_int_eq(oob_write(poller_fd, "12345678", 8), 8);
	ck_assert_uint_eq(ready(poller_fd), in);
	ck_assert_int_eq(oob_read(poller_fd, buf, 1), 1);
	ck_assert_uint_eq(ready(poller_fd), 0);
	ck_assert_int_eq(read(poller_fd, buf, 1), 1);
	ck_assert_uint_eq(ready(poller_fd), out);
	/* No ring, no readiness. */
	ck_assert_uint_eq(ready(evl_create_xbuf(8, 0, 0, NULL)), out);
	ck_assert_uint_eq(ready(evl_create_xbuf(0, 8, 0, NULL)), 0);
}
END_TEST

START_TEST(each_class_says_what_it_is_ready_for)
{
	int lfd = open(node_path("loopback"), O_RDWR);

	ck_assert_uint_eq(ready(evl_get_self()), POLLERR);
	ck_assert_uint_eq(ready(poller_set),
			  POLLIN | POLLOUT | POLLRDNORM | POLLWRNORM);
	ck_assert_int_ge(lfd, 0);
	ck_assert_uint_eq(ready(lfd), POLLOUT | POLLWRNORM);
	ck_assert_int_eq(oob_write(lfd, "x", 1), 1);
	ck_assert_uint_eq(ready(lfd),
			  POLLIN | POLLRDNORM | POLLOUT | POLLWRNORM);
	for (int i = 1; i < 16; i++)
		ck_assert_int_eq(write(lfd, "x", 1), 1);
	ck_assert_uint_eq(ready(lfd), POLLIN | POLLRDNORM);
}
END_TEST

START_TEST(an_edge_on_either_side_ends_the_wait)
{
	int lfd = open(node_path("loopback"), O_RDWR);
	struct waiter waiter;
	char buf[8];

	ck_assert_int_eq(oob_write(poller_fd, "12345678", 8), 8);
	ck_assert_int_eq(poller_add(poller_fd, POLLIN | POLLOUT), 0);
	ck_assert_int_eq(poller_add(lfd, POLLIN), 0);
	waiter_start(&waiter);
	ck_assert_int_eq(write(poller_fd, "a", 1), 1);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLIN);
	ck_assert_int_eq(oob_read(poller_fd, buf, 1), 1);

	waiter_start(&waiter);
	ck_assert_int_eq(read(poller_fd, buf, 1), 1);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLOUT);
	ck_assert_int_eq(oob_write(poller_fd, "x", 1), 1);

	waiter_start(&waiter);
	ck_assert_int_eq(oob_write(lfd, "a", 1), 1);
	waiter_end(&waiter);
	waiter_ck(&waiter, lfd, POLLIN);
}
END_TEST

START_TEST(of_several_waiters_one_is_told_of_each_event)
{
	struct waiter first, second;

	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	waiter_start(&first);
	waiter_start(&second);
	ck_assert_int_eq(write(poller_fd, "a", 1), 1);
	waiter_end(&second);
	waiter_ck(&second, poller_fd, POLLIN);
	/* The first goes on to sleep; closing ends it. */
	wait_until_asleep(getpid(), first.tid);
	close(poller_set);
	waiter_end(&first);
	ck_assert_int_eq(first.ret, -EIDRM);
}
END_TEST

START_TEST(changes_take_effect_with_the_next_wait)
{
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), -EEXIST);
	ck_assert_int_eq(evl_mod_pollfd(poller_set, poller_fd, POLLOUT,
					evl_ptrval(&poller_set)),
			 0);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), 1);
	ck_assert_uint_eq(events[0].events, POLLOUT);
	ck_assert_ptr_eq(events[0].pollval.ptr, &poller_set);
	ck_assert_int_eq(evl_del_pollfd(poller_set, poller_fd), 0);
	ck_assert_int_eq(evl_del_pollfd(poller_set, poller_fd), -ENOENT);
	ck_assert_int_eq(evl_mod_pollfd(poller_set, poller_fd, 0, evl_nil),
			 -ENOENT);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EINVAL);
}
END_TEST

static struct timespec in_ms(long ms)
{
	struct timespec date;

	clock_gettime(CLOCK_MONOTONIC, &date);
	date.tv_nsec += ms * 1000000;
	date.tv_sec += date.tv_nsec / 1000000000;
	date.tv_nsec %= 1000000000;

	return date;
}

static void do_nothing(int sig)
{
	(void)sig;
}

START_TEST(a_wait_ends_in_time_or_by_a_signal_or_does_not_begin)
{
	const struct sigaction action = { .sa_handler = do_nothing };
	struct timespec date = in_ms(20), past = { .tv_nsec = 1 };
	struct waiter waiter;

	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	ck_assert_int_eq(evl_timedpoll(poller_set, events, 4, &date),
			 -ETIMEDOUT);
	ck_assert(in_ms(0).tv_sec > date.tv_sec ||
		  in_ms(0).tv_nsec >= date.tv_nsec);
	ck_assert_int_eq(evl_timedpoll(poller_set, events, 4, &past),
			 -ETIMEDOUT);
	poller_set_nonblock(poller_set, true);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EAGAIN);
	poller_set_nonblock(poller_set, false);

	sigaction(SIGUSR1, &action, NULL);
	waiter_start(&waiter);
	pthread_kill(waiter.thread, SIGUSR1);
	waiter_end(&waiter);
	ck_assert_int_eq(waiter.ret, -EINTR);

	waiter_start(&waiter);
	ck_assert_int_eq(close(poller_set), 0);
	waiter_end(&waiter);
	ck_assert_int_eq(waiter.ret, -EIDRM);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
}
END_TEST

START_TEST(sets_nest_but_in_no_circle_and_not_too_deep)
{
	int sets[5];

	for (int i = 0; i < 5; i++)
		sets[i] = evl_new_poll();
	ck_assert_int_eq(poller_add(poller_set, POLLIN), -ELOOP);
	ck_assert_int_eq(poller_add(sets[0], POLLIN), 0);
	ck_assert_int_eq(evl_add_pollfd(sets[0], poller_set, POLLIN, evl_nil),
			 -ELOOP);
	ck_assert_int_eq(evl_del_pollfd(poller_set, sets[0]), 0);

	/* From the bottom up, four. */
	ck_assert_int_eq(evl_add_pollfd(sets[0], poller_fd, POLLIN, evl_nil),
			 0);
	for (int i = 1; i < 4; i++)
		ck_assert_int_eq(
			evl_add_pollfd(sets[i], sets[i - 1], POLLIN, evl_nil),
			0);
	ck_assert_int_eq(evl_add_pollfd(sets[4], sets[3], POLLIN, evl_nil),
			 -ELOOP);
	/* From the top down, five. */
	ck_assert_int_eq(evl_del_pollfd(sets[0], poller_fd), 0);
	ck_assert_int_eq(evl_add_pollfd(sets[4], sets[3], POLLIN, evl_nil), 0);
	ck_assert_int_eq(evl_add_pollfd(sets[0], poller_fd, POLLIN, evl_nil),
			 0);
	ck_assert_int_eq(evl_poll(sets[4], events, 1), 1);
	ck_assert_int_eq((int)events[0].fd, sets[3]);
}
END_TEST

START_TEST(as_many_as_a_set_can_have_are_reported_at_once)
{
	const struct rlimit limit = { 4096, 4096 };

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(dup2(poller_fd, FIRST_FD + i), FIRST_FD + i);
		ck_assert_int_eq(poller_add(FIRST_FD + i, POLLOUT), 0);
	}
	ck_assert_int_eq(poller_add(poller_fd, POLLOUT), -ENOMEM);
	for (int room = 1; room <= MANY + 1; room = room * 3 + 1) {
		memset(events, 0, sizeof(events));
		ck_assert_int_eq(evl_poll(poller_set, events, room), room);
		for (int i = 0; i < room; i++) {
			ck_assert_int_eq((int)events[i].fd,
					 FIRST_FD + MANY - 1 - i);
			ck_assert_int_eq(events[i].pollval.lval,
					 (int)events[i].fd * 10);
		}
		ck_assert_uint_eq(events[room].fd, 0);
	}
	ck_assert_int_eq(evl_poll(poller_set, events, INT_MAX), MANY);
}
END_TEST

START_TEST(bad_values_are_told_apart)
{
	struct timespec bad = { .tv_nsec = 1000000000 };
	struct evl_poll_waitreq req = { .nrset = 1 };

	ck_assert_int_eq(evl_poll(poller_set, events, 1), -EINVAL);
	ck_assert_int_eq(poller_add(poller_fd, POLLOUT), 0);
	ck_assert_int_eq(evl_poll(poller_set, events, 0), 0);
	ck_assert_int_eq(evl_poll(poller_set, events, -1), -EINVAL);
	ck_assert_int_eq(evl_poll(poller_set, events, INT_MIN), -EINVAL);
	ck_assert_int_eq(evl_timedpoll(poller_set, events, 1, &bad), -EINVAL);
	bad.tv_nsec = -1;
	ck_assert_int_eq(evl_timedpoll(poller_set, events, 1, &bad), -EINVAL);
	ck_assert_int_eq(evl_timedpoll(poller_set, events, 1, NULL), -EFAULT);
	ck_assert_int_eq(evl_timedpoll(poller_set, events, 1, (void *)8),
			 -EFAULT);
	ck_assert_int_eq(evl_poll(poller_set, (void *)8, 1), -EFAULT);
	ck_assert_int_eq(evl_poll(poller_set, NULL, 100), -EFAULT);
	ck_assert_int_eq(evl_poll(poller_set, (void *)-4096, INT_MAX), -EFAULT);
	ck_assert_int_eq(oob_ioctl(poller_set, EVL_POLIOC_WAIT, (void *)8), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(oob_ioctl(poller_set, EVL_POLIOC_CTL, (void *)8), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(oob_ioctl(poller_set, EVL_POLIOC_WAIT, &req), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(evl_poll(poller_set, events, 1), 1);
}
END_TEST

static int sleep_in_poll(void *arg)
{
	struct evl_poll_event event;
	int set, fd;

	if (evl_attach_self("victim") < 0)
		return 1;
	set = evl_new_poll();
	fd = evl_new_xbuf(8, "victim");
	if (evl_add_pollfd(set, fd, POLLIN, evl_nil))
		return 2;

	return evl_poll(set, &event, 1);
}

static void kill_a_sleeper(void)
{
	pid_t pid = child_start(sleep_in_poll, NULL);

	endure_await_busy(pid);
	kill(pid, SIGKILL);
	ck_assert_int_eq(child_wait(pid), 128 + SIGKILL);
}

START_TEST(a_client_killed_in_its_sleep_leaves_nothing)
{
	endure(kill_a_sleeper);
}
END_TEST

START_TEST(all_are_told_if_the_daemon_is_to)
{
	struct waiter first, second;

	poller_setup_with((const char *[]){ "--poll-wake=all", NULL });
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	waiter_start(&first);
	waiter_start(&second);
	ck_assert_int_eq(write(poller_fd, "a", 1), 1);
	waiter_end(&first);
	waiter_end(&second);
	waiter_ck(&first, poller_fd, POLLIN);
	waiter_ck(&second, poller_fd, POLLIN);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_set_is_a_file_for_polling_only,
		only_making_a_set_needs_no_attachment,
		levels_follow_the_rings_of_a_cross_buffer,
		each_class_says_what_it_is_ready_for,
		an_edge_on_either_side_ends_the_wait,
		of_several_waiters_one_is_told_of_each_event,
		changes_take_effect_with_the_next_wait,
		a_wait_ends_in_time_or_by_a_signal_or_does_not_begin,
		sets_nest_but_in_no_circle_and_not_too_deep,
		as_many_as_a_set_can_have_are_reported_at_once,
		bad_values_are_told_apart,
	};
	Suite *suite = suite_create("system/poll");
	TCase *tcase = tcase_create("poll");

	tcase_add_checked_fixture(tcase, poller_setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("death");
	tcase_add_checked_fixture(tcase, endure_setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_client_killed_in_its_sleep_leaves_nothing);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("told all");
	tcase_add_checked_fixture(tcase, NULL, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, all_are_told_if_the_daemon_is_to);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
