/* SPDX-License-Identifier: MIT */
/* Polling sets, end to end: who gets ready, how waits end, descriptors that go
 * meanwhile, bad values. */
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define MANY	 EVL_POLL_MAX_FDS
#define FIRST_FD 1000

static int pfd, xfd;
static struct evl_poll_event events[MANY + 1];

static int new_xbuf(void)
{
	int fd = evl_new_xbuf(8, NULL);

	ck_assert_int_ge(fd, 0);

	return fd;
}

static void setup(void)
{
	endure_setup();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	pfd = evl_new_poll();
	ck_assert_int_ge(pfd, 0);
	xfd = new_xbuf();
	memset(events, 0, sizeof(events));
}

static int add(int fd, unsigned int mask)
{
	return evl_add_pollfd(pfd, fd, mask, evl_intval(fd * 10));
}

static void set_nonblock(int fd, bool nonblock)
{
	int flags = fcntl(fd, F_GETFL);

	flags = nonblock ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	ck_assert_int_eq(fcntl(fd, F_SETFL, flags), 0);
}

/* What @fd is ready for, without waiting. */
static unsigned int ready(int fd)
{
	int set = evl_new_poll(), ret;

	ck_assert_int_ge(set, 0);
	set_nonblock(set, true);
	ck_assert_int_eq(evl_add_pollfd(set, fd, ~0u, evl_nil), 0);
	ret = evl_poll(set, events, 1);
	ck_assert(ret == 1 || ret == -EAGAIN);
	close(set);

	return ret == 1 ? events[0].events : 0;
}

/* A thread of ours in a wait. */
struct waiter {
	int set;
	struct timespec timeout;
	struct evl_poll_event events[4];
	int ret;
	_Atomic(pid_t) tid;
	pthread_t thread;
};

static void *run_waiter(void *arg)
{
	struct waiter *waiter = arg;

	ck_assert_int_ge(evl_attach_self("waiter:%ld", syscall(SYS_gettid)), 0);
	waiter->tid = (pid_t)syscall(SYS_gettid);
	waiter->ret =
		evl_timedpoll(waiter->set, waiter->events, 4, &waiter->timeout);

	return NULL;
}

/* Returns when it sleeps. */
static void start_waiter(struct waiter *waiter)
{
	*waiter = (struct waiter){ .set = pfd };
	pthread_create(&waiter->thread, NULL, run_waiter, waiter);
	while (waiter->tid == 0)
		sched_yield();
	endure_await_busy(waiter->tid);
	/* Only a wait that has found nothing lets another request pass. */
	wait_until_asleep(getpid(), waiter->tid);
	ck_assert_int_eq(evl_del_pollfd(pfd, INT_MAX), -ENOENT);
}

static void end_waiter(struct waiter *waiter)
{
	pthread_join(waiter->thread, NULL);
}

static void ck_event(const struct waiter *waiter, int fd, unsigned int mask)
{
	ck_assert_int_eq(waiter->ret, 1);
	ck_assert_int_eq((int)waiter->events[0].fd, fd);
	ck_assert_uint_eq(waiter->events[0].events, mask);
	ck_assert_int_eq(waiter->events[0].pollval.lval, fd * 10);
}

START_TEST(a_set_is_a_file_for_polling_only)
{
	struct evl_poll_waitreq req = { .nrset = 1 };
	char buf[8];

	ck_assert(fcntl(pfd, F_GETFD) & FD_CLOEXEC);
	ck_assert_int_eq(read(pfd, buf, 8), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(ioctl(pfd, EVL_POLIOC_WAIT, &req), -1);
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert_int_eq(oob_ioctl(pfd, 1234), -1);
	ck_assert_int_eq(errno, ENOTTY);
	ck_assert_int_eq(evl_add_pollfd(xfd, pfd, POLLIN, evl_nil), -ENOTTY);
	ck_assert_int_eq(evl_add_pollfd(-1, xfd, POLLIN, evl_nil), -EBADF);
	ck_assert_int_eq(evl_poll(STDIN_FILENO, events, 1), -EBADF);
}
END_TEST

static void *poll_unattached(void *arg)
{
	int set = evl_new_poll();

	ck_assert_int_ge(set, 0);
	ck_assert_int_eq(evl_add_pollfd(set, xfd, POLLIN, evl_nil), -EPERM);
	ck_assert_int_eq(evl_mod_pollfd(set, xfd, POLLIN, evl_nil), -EPERM);
	ck_assert_int_eq(evl_del_pollfd(set, xfd), -EPERM);
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

	ck_assert_uint_eq(ready(xfd), out);
	ck_assert_int_eq(write(xfd, "a", 1), 1);
	ck_assert_uint_eq(ready(xfd), in | out);
	ck_assert_int_eq(oob_write(xfd, "12345678", 8), 8);
	ck_assert_uint_eq(ready(xfd), in);
	ck_assert_int_eq(oob_read(xfd, buf, 1), 1);
	ck_assert_uint_eq(ready(xfd), 0);
	ck_assert_int_eq(read(xfd, buf, 1), 1);
	ck_assert_uint_eq(ready(xfd), out);
	/* No ring, no readiness. */
	ck_assert_uint_eq(ready(evl_create_xbuf(8, 0, 0, NULL)), out);
	ck_assert_uint_eq(ready(evl_create_xbuf(0, 8, 0, NULL)), 0);
}
END_TEST

START_TEST(each_class_says_what_it_is_ready_for)
{
	int lfd = open(node_path("loopback"), O_RDWR);

	ck_assert_uint_eq(ready(evl_get_self()), POLLERR);
	ck_assert_uint_eq(ready(pfd),
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

	ck_assert_int_eq(oob_write(xfd, "12345678", 8), 8);
	ck_assert_int_eq(add(xfd, POLLIN | POLLOUT), 0);
	ck_assert_int_eq(add(lfd, POLLIN), 0);
	start_waiter(&waiter);
	ck_assert_int_eq(write(xfd, "a", 1), 1);
	end_waiter(&waiter);
	ck_event(&waiter, xfd, POLLIN);
	ck_assert_int_eq(oob_read(xfd, buf, 1), 1);

	start_waiter(&waiter);
	ck_assert_int_eq(read(xfd, buf, 1), 1);
	end_waiter(&waiter);
	ck_event(&waiter, xfd, POLLOUT);
	ck_assert_int_eq(oob_write(xfd, "x", 1), 1);

	start_waiter(&waiter);
	ck_assert_int_eq(oob_write(lfd, "a", 1), 1);
	end_waiter(&waiter);
	ck_event(&waiter, lfd, POLLIN);
}
END_TEST

START_TEST(of_several_waiters_one_is_told_of_each_event)
{
	struct waiter first, second;

	ck_assert_int_eq(add(xfd, POLLIN), 0);
	start_waiter(&first);
	start_waiter(&second);
	ck_assert_int_eq(write(xfd, "a", 1), 1);
	end_waiter(&second);
	ck_event(&second, xfd, POLLIN);
	/* The first goes on to sleep; closing ends it. */
	wait_until_asleep(getpid(), first.tid);
	close(pfd);
	end_waiter(&first);
	ck_assert_int_eq(first.ret, -EIDRM);
}
END_TEST

START_TEST(changes_take_effect_with_the_next_wait)
{
	ck_assert_int_eq(add(xfd, POLLIN), 0);
	ck_assert_int_eq(add(xfd, POLLIN), -EEXIST);
	ck_assert_int_eq(evl_mod_pollfd(pfd, xfd, POLLOUT, evl_ptrval(&pfd)),
			 0);
	ck_assert_int_eq(evl_poll(pfd, events, 4), 1);
	ck_assert_uint_eq(events[0].events, POLLOUT);
	ck_assert_ptr_eq(events[0].pollval.ptr, &pfd);
	ck_assert_int_eq(evl_del_pollfd(pfd, xfd), 0);
	ck_assert_int_eq(evl_del_pollfd(pfd, xfd), -ENOENT);
	ck_assert_int_eq(evl_mod_pollfd(pfd, xfd, 0, evl_nil), -ENOENT);
	ck_assert_int_eq(evl_poll(pfd, events, 4), -EINVAL);
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

	ck_assert_int_eq(add(xfd, POLLIN), 0);
	ck_assert_int_eq(evl_timedpoll(pfd, events, 4, &date), -ETIMEDOUT);
	ck_assert(in_ms(0).tv_sec > date.tv_sec ||
		  in_ms(0).tv_nsec >= date.tv_nsec);
	ck_assert_int_eq(evl_timedpoll(pfd, events, 4, &past), -ETIMEDOUT);
	set_nonblock(pfd, true);
	ck_assert_int_eq(evl_poll(pfd, events, 4), -EAGAIN);
	set_nonblock(pfd, false);

	sigaction(SIGUSR1, &action, NULL);
	start_waiter(&waiter);
	pthread_kill(waiter.thread, SIGUSR1);
	end_waiter(&waiter);
	ck_assert_int_eq(waiter.ret, -EINTR);

	start_waiter(&waiter);
	ck_assert_int_eq(close(pfd), 0);
	end_waiter(&waiter);
	ck_assert_int_eq(waiter.ret, -EIDRM);
	ck_assert_int_eq(evl_poll(pfd, events, 4), -EBADF);
}
END_TEST

START_TEST(closing_a_polled_descriptor_tells_pollnval_whoever_else_has_it)
{
	struct waiter waiter;
	int dupfd = dup(xfd);

	ck_assert_int_eq(add(xfd, POLLIN), 0);
	start_waiter(&waiter);
	ck_assert_int_eq(close(xfd), 0);
	end_waiter(&waiter);
	ck_event(&waiter, xfd, POLLNVAL);
	/* From now on it is stale, until it is deleted. */
	ck_assert_int_eq(evl_poll(pfd, events, 4), -EBADF);
	ck_assert_int_eq(add(dupfd, POLLIN), 0);
	ck_assert_int_eq(evl_poll(pfd, events, 4), -EBADF);
	ck_assert_int_eq(evl_del_pollfd(pfd, xfd), 0);
	start_waiter(&waiter);
	/* The last one: the file goes. */
	ck_assert_int_eq(close(dupfd), 0);
	end_waiter(&waiter);
	ck_event(&waiter, dupfd, POLLNVAL);
}
END_TEST

START_TEST(replacing_a_polled_descriptor_does_too)
{
	int other = new_xbuf(), dupfd = dup(xfd), pipefd[2];
	struct waiter waiter;

	ck_assert_int_eq(add(xfd, POLLIN), 0);
	start_waiter(&waiter);
	ck_assert_int_eq(dup2(other, xfd), xfd);
	end_waiter(&waiter);
	ck_event(&waiter, xfd, POLLNVAL);
	/* The number is now the other file. */
	start_waiter(&waiter);
	ck_assert_int_eq(write(dupfd, "a", 1), 1);
	ck_assert_int_eq(write(other, "a", 1), 1);
	end_waiter(&waiter);
	ck_event(&waiter, xfd, POLLIN);
	ck_assert_int_eq(oob_read(other, events, 1), 1);

	ck_assert_int_eq(pipe(pipefd), 0);
	start_waiter(&waiter);
	ck_assert_int_eq(dup2(pipefd[0], xfd), xfd);
	end_waiter(&waiter);
	ck_event(&waiter, xfd, POLLNVAL);
	ck_assert_int_eq(evl_poll(pfd, events, 4), -EBADF);
}
END_TEST

/* By ways the library does not see. */
START_TEST(a_file_that_is_gone_is_noticed_however_it_was_closed)
{
	struct waiter waiter;

	ck_assert_int_eq(add(xfd, POLLIN), 0);
	start_waiter(&waiter);
	ck_assert_int_eq(syscall(SYS_close, xfd), 0);
	end_waiter(&waiter);
	ck_event(&waiter, xfd, POLLNVAL);
	ck_assert_int_eq(evl_poll(pfd, events, 4), -EBADF);
}
END_TEST

START_TEST(descriptors_made_behind_its_back_are_bound_when_added)
{
	int fd = (int)syscall(SYS_dup, xfd), other = new_xbuf();
	struct waiter waiter;

	ck_assert_int_eq(add(fd, POLLOUT), 0);
	ck_assert_int_eq(evl_poll(pfd, events, 4), 1);
	ck_assert_int_eq((int)events[0].fd, fd);
	ck_assert_int_eq(evl_del_pollfd(pfd, fd), 0);

	/* Closed, and the number is another file's. */
	ck_assert_int_eq(add(other, POLLIN), 0);
	start_waiter(&waiter);
	ck_assert_int_eq(syscall(SYS_close, other), 0);
	end_waiter(&waiter);
	ck_assert_int_eq(syscall(SYS_dup3, xfd, other, 0), other);
	ck_assert_int_eq(evl_del_pollfd(pfd, other), 0);
	ck_assert_int_eq(add(other, POLLOUT), 0);
	ck_assert_int_eq(evl_poll(pfd, events, 4), 1);
}
END_TEST

START_TEST(ordinary_files_are_refused)
{
	int pipefd[2];

	ck_assert_int_eq(pipe(pipefd), 0);
	ck_assert_int_eq(add(pipefd[0], POLLIN), -EBADF);
	ck_assert_int_eq(add(-1, POLLIN), -EBADF);
	ck_assert_int_eq(add(900, POLLIN), -EBADF);
	close(xfd);
	ck_assert_int_eq(add(xfd, POLLIN), -EBADF);
}
END_TEST

START_TEST(sets_nest_but_in_no_circle_and_not_too_deep)
{
	int sets[5];

	for (int i = 0; i < 5; i++)
		sets[i] = evl_new_poll();
	ck_assert_int_eq(add(pfd, POLLIN), -ELOOP);
	ck_assert_int_eq(add(sets[0], POLLIN), 0);
	ck_assert_int_eq(evl_add_pollfd(sets[0], pfd, POLLIN, evl_nil), -ELOOP);
	ck_assert_int_eq(evl_del_pollfd(pfd, sets[0]), 0);

	/* From the bottom up, four. */
	ck_assert_int_eq(evl_add_pollfd(sets[0], xfd, POLLIN, evl_nil), 0);
	for (int i = 1; i < 4; i++)
		ck_assert_int_eq(
			evl_add_pollfd(sets[i], sets[i - 1], POLLIN, evl_nil),
			0);
	ck_assert_int_eq(evl_add_pollfd(sets[4], sets[3], POLLIN, evl_nil),
			 -ELOOP);
	/* From the top down, five. */
	ck_assert_int_eq(evl_del_pollfd(sets[0], xfd), 0);
	ck_assert_int_eq(evl_add_pollfd(sets[4], sets[3], POLLIN, evl_nil), 0);
	ck_assert_int_eq(evl_add_pollfd(sets[0], xfd, POLLIN, evl_nil), 0);
	ck_assert_int_eq(evl_poll(sets[4], events, 1), 1);
	ck_assert_int_eq((int)events[0].fd, sets[3]);
}
END_TEST

START_TEST(as_many_as_a_set_can_have_are_reported_at_once)
{
	const struct rlimit limit = { 4096, 4096 };

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < MANY; i++) {
		ck_assert_int_eq(dup2(xfd, FIRST_FD + i), FIRST_FD + i);
		ck_assert_int_eq(add(FIRST_FD + i, POLLOUT), 0);
	}
	ck_assert_int_eq(add(xfd, POLLOUT), -ENOMEM);
	for (int room = 1; room <= MANY + 1; room = room * 3 + 1) {
		memset(events, 0, sizeof(events));
		ck_assert_int_eq(evl_poll(pfd, events, room), room);
		for (int i = 0; i < room; i++) {
			ck_assert_int_eq((int)events[i].fd,
					 FIRST_FD + MANY - 1 - i);
			ck_assert_int_eq(events[i].pollval.lval,
					 (int)events[i].fd * 10);
		}
		ck_assert_uint_eq(events[room].fd, 0);
	}
	ck_assert_int_eq(evl_poll(pfd, events, INT_MAX), MANY);
}
END_TEST

START_TEST(bad_values_are_told_apart)
{
	struct timespec bad = { .tv_nsec = 1000000000 };
	struct evl_poll_waitreq req = { .nrset = 1 };

	ck_assert_int_eq(evl_poll(pfd, events, 1), -EINVAL);
	ck_assert_int_eq(add(xfd, POLLOUT), 0);
	ck_assert_int_eq(evl_poll(pfd, events, 0), 0);
	ck_assert_int_eq(evl_poll(pfd, events, -1), -EINVAL);
	ck_assert_int_eq(evl_poll(pfd, events, INT_MIN), -EINVAL);
	ck_assert_int_eq(evl_timedpoll(pfd, events, 1, &bad), -EINVAL);
	bad.tv_nsec = -1;
	ck_assert_int_eq(evl_timedpoll(pfd, events, 1, &bad), -EINVAL);
	ck_assert_int_eq(evl_timedpoll(pfd, events, 1, NULL), -EFAULT);
	ck_assert_int_eq(evl_timedpoll(pfd, events, 1, (void *)8), -EFAULT);
	ck_assert_int_eq(evl_poll(pfd, (void *)8, 1), -EFAULT);
	ck_assert_int_eq(evl_poll(pfd, NULL, 100), -EFAULT);
	ck_assert_int_eq(evl_poll(pfd, (void *)-4096, INT_MAX), -EFAULT);
	ck_assert_int_eq(oob_ioctl(pfd, EVL_POLIOC_WAIT, (void *)8), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(oob_ioctl(pfd, EVL_POLIOC_CTL, (void *)8), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(oob_ioctl(pfd, EVL_POLIOC_WAIT, &req), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(evl_poll(pfd, events, 1), 1);
}
END_TEST

static int poll_inherited(void *arg)
{
	struct evl_poll_event event;

	if (evl_attach_self("child:%d", getpid()) < 0)
		return 1;
	if (evl_poll(pfd, &event, 1) != 1 || (int)event.fd != xfd)
		return 2;
	close(xfd);

	return evl_poll(pfd, &event, 1) == -EBADF ? 0 : 3;
}

START_TEST(a_set_is_inherited_and_means_the_childs_descriptors)
{
	ck_assert_int_eq(add(xfd, POLLOUT), 0);
	ck_assert_int_eq(child_wait(child_start(poll_inherited, NULL)), 0);
	ck_assert_int_eq(evl_poll(pfd, events, 1), 1);
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
	const char *const args[] = { "--poll-wake=all", NULL };
	struct waiter first, second;
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	pfd = evl_new_poll();
	xfd = new_xbuf();
	ck_assert_int_eq(add(xfd, POLLIN), 0);
	start_waiter(&first);
	start_waiter(&second);
	ck_assert_int_eq(write(xfd, "a", 1), 1);
	end_waiter(&first);
	end_waiter(&second);
	ck_event(&first, xfd, POLLIN);
	ck_event(&second, xfd, POLLIN);
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
		closing_a_polled_descriptor_tells_pollnval_whoever_else_has_it,
		replacing_a_polled_descriptor_does_too,
		a_file_that_is_gone_is_noticed_however_it_was_closed,
		descriptors_made_behind_its_back_are_bound_when_added,
		ordinary_files_are_refused,
		sets_nest_but_in_no_circle_and_not_too_deep,
		as_many_as_a_set_can_have_are_reported_at_once,
		bad_values_are_told_apart,
		a_set_is_inherited_and_means_the_childs_descriptors,
	};
	Suite *suite = suite_create("system/poll");
	TCase *tcase = tcase_create("poll");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
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
