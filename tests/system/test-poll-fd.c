/* SPDX-License-Identifier: MIT */
/* Descriptors in a polling set: those that go, come by ways we do not see, or
 * are other people's. */
#include "daemon.h"
#include "ending.h"
#include "endure.h"
#include "poller.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static struct evl_poll_event events[4];

START_TEST(closing_a_polled_descriptor_tells_pollnval_whoever_else_has_it)
{
	struct waiter waiter;
	int dupfd = dup(poller_fd);

	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	waiter_start(&waiter);
	ck_assert_int_eq(close(poller_fd), 0);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLNVAL);
	/* From now on it is stale, until it is deleted. */
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
	ck_assert_int_eq(poller_add(dupfd, POLLIN), 0);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
	ck_assert_int_eq(evl_del_pollfd(poller_set, poller_fd), 0);
	waiter_start(&waiter);
	/* The last one: the file goes. */
	ck_assert_int_eq(close(dupfd), 0);
	waiter_end(&waiter);
	waiter_ck(&waiter, dupfd, POLLNVAL);
}
END_TEST

START_TEST(replacing_a_polled_descriptor_does_too)
{
	int other = poller_xbuf(), dupfd = dup(poller_fd), pipefd[2];
	struct waiter waiter;

	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	waiter_start(&waiter);
	/* Not by a call which fails. */
	ck_assert_int_eq(dup3(other, poller_fd, O_NONBLOCK), -1);
	ck_assert_int_eq(dup2(900, poller_fd), -1);
	wait_until_asleep(getpid(), waiter.tid);
	ck_assert_int_eq(write(poller_fd, "a", 1), 1);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLIN);
	ck_assert_int_eq(oob_read(poller_fd, events, 1), 1);

	waiter_start(&waiter);
	ck_assert_int_eq(dup2(other, poller_fd), poller_fd);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLNVAL);
	/* The number is now the other file. */
	waiter_start(&waiter);
	ck_assert_int_eq(write(dupfd, "a", 1), 1);
	ck_assert_int_eq(write(other, "a", 1), 1);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLIN);
	ck_assert_int_eq(oob_read(other, events, 1), 1);

	ck_assert_int_eq(pipe(pipefd), 0);
	waiter_start(&waiter);
	ck_assert_int_eq(dup2(pipefd[0], poller_fd), poller_fd);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLNVAL);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
}
END_TEST

START_TEST(so_does_whatever_else_ends_it)
{
	struct ending ending;
	struct waiter waiter;

	ck_assert_int_ge(dup(poller_fd), 0);
	ending_init(&ending, (unsigned int)_i, poller_fd, poller_xbuf());
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	waiter_start(&waiter);
	ck_assert(ending_call(&ending));
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLNVAL);
}
END_TEST

static __attribute__((noinline)) pid_t
vfork_and_end(const struct ending *ending)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(ending_call(ending) ? 0 : 1);

	return pid;
}

/* It shares our memory, and has descriptors of its own. */
START_TEST(what_a_vfork_child_ends_is_polled_as_before)
{
	struct ending ending;
	struct waiter waiter;
	int status;
	pid_t pid;

	ending_init(&ending, (unsigned int)_i, poller_fd, poller_xbuf());
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	waiter_start(&waiter);
	pid = vfork_and_end(&ending);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	wait_until_asleep(getpid(), waiter.tid);
	ck_assert_int_eq(write(poller_fd, "a", 1), 1);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLIN);
}
END_TEST

/* By ways the library does not see. */
START_TEST(a_file_that_is_gone_is_noticed_however_it_was_closed)
{
	struct waiter waiter;

	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	waiter_start(&waiter);
	ck_assert_int_eq(syscall(SYS_close, poller_fd), 0);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLNVAL);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
}
END_TEST

/* A duplicate keeps the file. */
START_TEST(so_is_one_that_was_closed_long_after_it_was_used)
{
	int looked_at = poller_xbuf(), dupfd = dup(poller_fd), other;
	struct waiter waiter;

	/* Who notices this one has looked at the other, too, since it was
	 * added. */
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	ck_assert_int_eq(poller_add(looked_at, POLLIN), 0);
	ck_assert_int_ge(dup(looked_at), 0);
	waiter_start(&waiter);
	ck_assert_int_eq(syscall(SYS_close, looked_at), 0);
	waiter_end(&waiter);
	waiter_ck(&waiter, looked_at, POLLNVAL);
	ck_assert_int_eq(evl_del_pollfd(poller_set, looked_at), 0);

	waiter_start(&waiter);
	ck_assert_int_eq(syscall(SYS_close, poller_fd), 0);
	other = (int)syscall(SYS_eventfd2, 0, 0);
	if (other != poller_fd)
		ck_assert_int_eq(syscall(SYS_dup3, other, poller_fd, 0),
				 poller_fd);
	waiter_end(&waiter);
	waiter_ck(&waiter, poller_fd, POLLNVAL);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
	ck_assert_int_eq(poller_add(dupfd, POLLOUT), 0);
}
END_TEST

START_TEST(descriptors_made_behind_its_back_are_bound_when_added)
{
	int fd = (int)syscall(SYS_dup, poller_fd), other = poller_xbuf();
	struct waiter waiter;

	ck_assert_int_eq(poller_add(fd, POLLOUT), 0);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), 1);
	ck_assert_int_eq((int)events[0].fd, fd);
	ck_assert_int_eq(evl_del_pollfd(poller_set, fd), 0);

	/* Closed, and the number is another file's. */
	ck_assert_int_eq(poller_add(other, POLLIN), 0);
	waiter_start(&waiter);
	ck_assert_int_eq(syscall(SYS_close, other), 0);
	waiter_end(&waiter);
	ck_assert_int_eq(syscall(SYS_dup3, poller_fd, other, 0), other);
	ck_assert_int_eq(evl_del_pollfd(poller_set, other), 0);
	ck_assert_int_eq(poller_add(other, POLLOUT), 0);
	ck_assert_int_eq(evl_poll(poller_set, events, 4), 1);
}
END_TEST

/* Nor need they be added again. */
START_TEST(an_item_that_comes_back_behind_its_back_is_polled)
{
	int other = poller_xbuf(), pipefd[2];
	struct waiter waiter;

	ck_assert_int_eq(pipe(pipefd), 0);
	ck_assert_int_eq(poller_add(other, POLLIN), 0);
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), 0);
	for (int i = 0; i < 10; i++) {
		waiter_start(&waiter);
		ck_assert_int_eq(syscall(SYS_close, other), 0);
		waiter_end(&waiter);
		waiter_ck(&waiter, other, POLLNVAL);
		ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
		/* As what it is by now. */
		ck_assert_int_eq(syscall(SYS_dup3, pipefd[0], other, 0), other);
		ck_assert_int_eq(evl_poll(poller_set, events, 4), -EBADF);
		ck_assert_int_eq(syscall(SYS_close, other), 0);
		ck_assert_int_eq(raw_xbuf("", 8, 8), other);
		waiter_start(&waiter);
		ck_assert_int_eq(write(other, "a", 1), 1);
		waiter_end(&waiter);
		waiter_ck(&waiter, other, POLLIN);
		ck_assert_int_eq(oob_read(other, events, 1), 1);
	}
}
END_TEST

START_TEST(ordinary_files_are_refused)
{
	int pipefd[2];

	ck_assert_int_eq(pipe(pipefd), 0);
	ck_assert_int_eq(poller_add(pipefd[0], POLLIN), -EBADF);
	ck_assert_int_eq(poller_add(-1, POLLIN), -EBADF);
	ck_assert_int_eq(poller_add(900, POLLIN), -EBADF);
	close(poller_fd);
	ck_assert_int_eq(poller_add(poller_fd, POLLIN), -EBADF);
}
END_TEST

static int poll_inherited(void *arg)
{
	struct evl_poll_event event;

	if (evl_attach_self("child:%d", getpid()) < 0)
		return 1;
	if (evl_poll(poller_set, &event, 1) != 1 || (int)event.fd != poller_fd)
		return 2;
	close(poller_fd);

	return evl_poll(poller_set, &event, 1) == -EBADF ? 0 : 3;
}

START_TEST(a_set_is_inherited_and_means_the_childs_descriptors)
{
	ck_assert_int_eq(poller_add(poller_fd, POLLOUT), 0);
	ck_assert_int_eq(child_wait(child_start(poll_inherited, NULL)), 0);
	ck_assert_int_eq(evl_poll(poller_set, events, 1), 1);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		closing_a_polled_descriptor_tells_pollnval_whoever_else_has_it,
		replacing_a_polled_descriptor_does_too,
		a_file_that_is_gone_is_noticed_however_it_was_closed,
		so_is_one_that_was_closed_long_after_it_was_used,
		descriptors_made_behind_its_back_are_bound_when_added,
		an_item_that_comes_back_behind_its_back_is_polled,
		ordinary_files_are_refused,
		a_set_is_inherited_and_means_the_childs_descriptors,
	};
	Suite *suite = suite_create("system/poll-fd");
	TCase *tcase = tcase_create("poll-fd");

	tcase_add_checked_fixture(tcase, poller_setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, so_does_whatever_else_ends_it, 0,
			    NR_ENDINGS);
	tcase_add_loop_test(tcase, what_a_vfork_child_ends_is_polled_as_before,
			    0, NR_ENDINGS);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
