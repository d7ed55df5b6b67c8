/* SPDX-License-Identifier: MIT */
/* Every way in which a descriptor comes and goes within a process. */
#include "who-fd.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static void setup(void)
{
	daemon_setup_driver("EVL_WHO");
	ck_assert_int_ge(evl_attach_self("test-descriptor"), 0);
}

static int zero_fd(void)
{
	int fd = open("/dev/zero", O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);

	return fd;
}

START_TEST(every_kind_of_duplicate_reaches_the_same_file)
{
	int fd = open_who(), dups[6];
	int64_t number = is(fd);

	ck_assert_int_gt(number, 0);
	dups[0] = dup(fd);
	dups[1] = dup2(fd, 200);
	dups[2] = dup3(fd, 201, O_CLOEXEC);
	dups[3] = fcntl(fd, F_DUPFD, 300);
	dups[4] = fcntl(fd, F_DUPFD_CLOEXEC, 300);
	/* Behind the library's back. */
	dups[5] = (int)syscall(SYS_dup, fd);
	ck_reaches(fd, number);
	for (int i = 0; i < 6; i++)
		ck_reaches(dups[i], number);
	for (int i = 0; i < 6; i++) {
		close(dups[i]);
		ck_assert_int_eq(reached(dups[i]), -EBADF);
		ck_reaches(fd, number);
	}
	close(fd);
	ck_assert_int_eq(reached(fd), -EBADF);
}
END_TEST

START_TEST(every_call_that_opens_binds)
{
	const char *path = node_path("who");
	int fds[4], dirfd = open(test_daemon.devdir, O_RDONLY | O_DIRECTORY);
	FILE *stream = fopen(path, "r+");

	fds[0] = open(path, O_RDWR);
	fds[1] = open64(path, O_RDONLY);
	fds[2] = openat(dirfd, "who", O_RDWR);
	fds[3] = creat(path, 0600);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_gt(is(fds[i]), 0);
		ck_reaches(fds[i], is(fds[i]));
	}
	/* Write-only: what it is cannot be read, but ioctls work. */
	ck_assert_int_gt(reached(fds[3]), 0);
	ck_assert_ptr_nonnull(stream);
	ck_assert_int_gt(reached(fileno(stream)), 0);
	fclose(stream);
	close(dirfd);
}
END_TEST

START_TEST(the_open_mode_counts_for_oob_calls)
{
	int in = open(node_path("who"), O_RDONLY);
	int out = open(node_path("who"), O_WRONLY);
	char buf[8];

	ck_assert_int_eq(oob_read(in, buf, 8), 8);
	ck_assert_int_eq(oob_write(in, buf, 8), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(oob_write(out, buf, 8), 8);
	ck_assert_int_eq(oob_read(out, buf, 8), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_gt(reached(out), 0);
}
END_TEST

START_TEST(dup2_over_replaces_in_every_direction)
{
	int a = open_who(), b = open_who(), zero = zero_fd(), c;
	int64_t number_b = is(b);
	char byte = 1;

	ck_assert_int_ne(is(a), number_b);
	ck_reaches(a, is(a));
	/* One of ours over another. */
	ck_assert_int_eq(dup2(b, a), a);
	ck_reaches(a, number_b);
	/* A file of somebody else's over ours. */
	ck_assert_int_eq(dup2(zero, a), a);
	ck_assert_int_eq(reached(a), -EBADF);
	ck_assert_int_eq(read(a, &byte, 1), 1);
	ck_assert_int_eq(byte, 0);
	/* Ours over somebody else's. */
	ck_assert_int_eq(dup3(b, zero, 0), zero);
	ck_reaches(zero, number_b);
	/* What fails changes nothing. */
	ck_assert_int_eq(dup2(1000, b), -1);
	ck_reaches(b, number_b);
	ck_assert_int_eq(dup2(b, b), b);
	ck_reaches(b, number_b);
	c = dup(zero);
	ck_assert_int_eq(dup2(c, zero), zero);
	ck_reaches(zero, number_b);
}
END_TEST

/* Threads which look at a number all the time, while it is replaced. */
struct watch {
	int eye, fd;
	int64_t numbers[2]; /* what it may be */
	_Atomic(bool) enough;
	_Atomic(unsigned int) nr_looking;
	_Atomic(int64_t) wrong; /* what else it was once */
};

static void watch(struct watch *watch, int64_t (*look)(struct watch *watch))
{
	int64_t number;

	ck_assert_int_ge(evl_attach_self("watch-%ld", syscall(SYS_gettid)), 0);
	watch->nr_looking++;
	while (!watch->enough) {
		number = look(watch);
		if (number != watch->numbers[0] && number != watch->numbers[1])
			watch->wrong = number;
	}
	evl_detach_self();
}

static void replace_watched(void *(*first)(void *), void *(*second)(void *))
{
	int ours[] = { open_who(), open_who() };
	struct watch watch = { .eye = open_who(), .fd = dup(ours[0]) };
	pthread_t threads[2];

	for (int i = 0; i < 2; i++)
		watch.numbers[i] = is(ours[i]);
	pthread_create(&threads[0], NULL, first, &watch);
	pthread_create(&threads[1], NULL, second, &watch);
	while (watch.nr_looking < 2)
		sched_yield();

	for (int i = 1; i < 500; i++) {
		ck_assert_int_eq(dup2(ours[i % 2], watch.fd), watch.fd);
		ck_assert_int_eq(reached(watch.fd), watch.numbers[i % 2]);
		ck_assert_int_eq(found(watch.eye, watch.fd, true),
				 watch.numbers[i % 2]);
	}
	watch.enough = true;
	pthread_join(threads[0], NULL);
	pthread_join(threads[1], NULL);
	ck_assert_int_eq(watch.wrong, 0);
}

static int64_t reach(struct watch *watch)
{
	return reached(watch->fd);
}

/* Binds it now and then, as it finds it. */
static void *watch_by_calls(void *arg)
{
	watch(arg, reach);

	return NULL;
}

START_TEST(who_uses_a_number_while_it_is_replaced_reaches_one_or_the_other)
{
	replace_watched(watch_by_calls, watch_by_calls);
}
END_TEST

static int64_t ask_inband(struct watch *watch)
{
	return found(watch->eye, watch->fd, false);
}

static int64_t ask_oob(struct watch *watch)
{
	return found(watch->eye, watch->fd, true);
}

static void *watch_inband(void *arg)
{
	watch(arg, ask_inband);

	return NULL;
}

static void *watch_oob(void *arg)
{
	watch(arg, ask_oob);

	return NULL;
}

START_TEST(one_of_ours_over_another_is_one_step)
{
	replace_watched(watch_inband, watch_oob);
	replace_watched(watch_inband, watch_by_calls);
}
END_TEST

START_TEST(a_dup2_which_fails_changes_nothing)
{
	const struct rlimit few = { 128, 4096 }, enough = { 4096, 4096 };
	int a = open_who(), b = open_who(), over;
	int64_t number = is(a);

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &enough), 0);
	over = dup2(a, 200);
	ck_reaches(over, number);
	/* A number which nobody may have from now on. */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	errno = 0;
	ck_assert_int_eq(dup2(b, over), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(found(a, over, true), number);
	ck_assert_int_eq(reached(over), number);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &enough), 0);
	ck_assert_int_eq(dup3(b, over, O_NONBLOCK), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(found(a, over, true), number);
	ck_assert_int_eq(reached(over), number);
	ck_assert_int_eq(dup3(b, over, O_CLOEXEC), over);
	ck_assert_int_eq(found(a, over, true), is(b));
	ck_reaches(over, is(b));
}
END_TEST

START_TEST(closing_a_stream_closes_its_descriptor)
{
	int fd = open_who(), kept = dup(fd), again;
	FILE *stream = fdopen(fd, "r+");

	ck_reaches(fd, is(kept));
	ck_assert_int_eq(fclose(stream), 0);
	again = (int)syscall(SYS_dup, STDIN_FILENO);
	ck_assert_int_eq(again, fd);
	ck_assert_int_eq(reached(fd), -EBADF);
	close(again);

	fd = dup(kept);
	stream = fdopen(fd, "r+");
	ck_reaches(fd, is(kept));
	stream = freopen("/dev/zero", "r", stream);
	ck_assert_int_eq(fileno(stream), fd);
	ck_assert_int_eq(reached(fd), -EBADF);
	stream = freopen(node_path("who"), "r+", stream);
	ck_assert_int_eq(fileno(stream), fd);
	ck_assert_int_ne(is(fd), is(kept));
	ck_reaches(fd, is(fd));
	fclose(stream);
}
END_TEST

/* What another one is by now, once the library has noticed. */
static void await_reached(int fd, int64_t what)
{
	while (reached(fd) != what)
		sched_yield();
}

START_TEST(a_bare_close_is_noticed_whatever_takes_the_number)
{
	int fd = open_who(), kept = dup(fd), other = open_who();
	int64_t number = is(fd);

	/* Nothing, and nobody has the file any more. */
	int gone = open_who();

	ck_reaches(gone, is(gone));
	syscall(SYS_close, gone);
	await_reached(gone, -EBADF);

	/* Something else, while a duplicate keeps the file open. */
	ck_reaches(fd, number);
	syscall(SYS_dup3, STDIN_FILENO, fd, 0);
	await_reached(fd, -EBADF);
	ck_reaches(kept, number);

	/* Another file of ours. */
	ck_assert_int_eq(dup2(kept, fd), fd);
	ck_reaches(fd, number);
	syscall(SYS_dup3, other, fd, 0);
	await_reached(fd, is(other));
	ck_reaches(fd, is(other));

	/* Where the number comes back by a call we see: at once. */
	syscall(SYS_close, fd);
	ck_assert_int_eq(open("/dev/zero", O_RDONLY), fd < gone ? fd : gone);
	ck_assert_int_eq(reached(fd < gone ? fd : gone), -EBADF);
}
END_TEST

/* More than are looked at in one go, all in use all the time. */
START_TEST(a_bare_close_is_noticed_among_many)
{
	int fd = open_who(), fds[300];
	int64_t number = is(fd), got;

	for (int i = 0; i < 300; i++) {
		fds[i] = dup(fd);
		ck_assert_int_eq(reached(fds[i]), number);
	}
	syscall(SYS_dup3, STDIN_FILENO, fds[299], 0);
	do {
		for (int i = 0; i < 299; i++)
			ck_assert_int_eq(reached(fds[i]), number);
		got = reached(fds[299]);
	} while (got == number);
	ck_assert_int_eq(got, -EBADF);
}
END_TEST

START_TEST(ranges_close_as_one_by_one)
{
	int fd = open_who(), first, last;
	int64_t number = is(fd);

	first = dup2(fd, 100);
	for (int i = 101; i < 170; i++)
		ck_reaches(dup2(fd, i), number);
	last = 169;
	ck_assert_int_eq(
		close_range((unsigned int)first + 1, (unsigned int)last - 1, 0),
		0);
	ck_reaches(first, number);
	ck_reaches(last, number);
	for (int i = first + 1; i < last; i++) {
		ck_assert_int_eq(found(fd, i, true), -EBADF);
		ck_assert_int_eq(dup2(STDIN_FILENO, i), i);
		ck_assert_int_eq(reached(i), -EBADF);
	}
	closefrom(first);
	ck_assert_int_eq(reached(first), -EBADF);
	ck_assert_int_eq(reached(last), -EBADF);
	ck_reaches(fd, number);
}
END_TEST

#define LIBRARY_FDS 256 /* it has what it keeps further up, we have not */

START_TEST(the_librarys_own_numbers_are_out_of_reach)
{
	int who = open_who(), nr = 0;

	for (int fd = LIBRARY_FDS; fd < 4 * LIBRARY_FDS; fd++) {
		if (fcntl(fd, F_GETFD) < 0)
			continue;
		nr++;
		ck_assert_int_eq(dup2(who, fd), -1);
		ck_assert_int_eq(errno, EBUSY);
		ck_assert_int_eq(dup3(STDIN_FILENO, fd, O_CLOEXEC), -1);
		ck_assert_int_eq(errno, EBUSY);
		ck_assert_int_eq(close(fd), -1);
		ck_assert_int_eq(errno, EBADF);
		ck_assert_int_eq(
			close_range((unsigned int)fd, (unsigned int)fd, 0), 0);
		ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	}
	ck_assert_int_gt(nr, 0);
	ck_reaches(who, is(who));
	/* The daemon is still there to be asked. */
	who = open_who();
	ck_assert_int_eq(found(who, who, true), is(who));
}
END_TEST

#define MANY	 10000
#define MANY_FDS (MANY + 100)

static struct rlimit get_limit(void)
{
	struct rlimit limit;

	getrlimit(RLIMIT_NOFILE, &limit);

	return limit;
}

/* Not one after the other, and no table up to the highest number. */
START_TEST(ten_thousand_descriptors_cost_little)
{
	struct rlimit limit = get_limit();
	int fd = open_who();
	int64_t number = is(fd);
	long before, after;

	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	before = daemon_usage(&test_daemon).rss_kb;
	for (int i = 0; i < MANY; i++)
		ck_assert_int_ge(dup(fd), 0);
	after = daemon_usage(&test_daemon).rss_kb;
	for (int i = 0; i < MANY; i += 100)
		ck_assert_int_eq(reached(fd + 1 + i), number);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	ck_assert_int_lt((after - before) * 1024 / MANY, 200);
#else
	(void)before, (void)after;
#endif
	closefrom(fd + 1);
	ck_assert_int_eq(reached(fd + 1), -EBADF);
	ck_reaches(fd, number);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/descriptor");
	TCase *tcase = tcase_create("descriptor");
	bool enough = get_limit().rlim_max >= MANY_FDS;
	int ret;

	tcase_add_checked_fixture(tcase, setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, every_kind_of_duplicate_reaches_the_same_file);
	tcase_add_test(tcase, every_call_that_opens_binds);
	tcase_add_test(tcase, the_open_mode_counts_for_oob_calls);
	tcase_add_test(tcase, dup2_over_replaces_in_every_direction);
	tcase_add_test(
		tcase,
		who_uses_a_number_while_it_is_replaced_reaches_one_or_the_other);
	tcase_add_test(tcase, one_of_ours_over_another_is_one_step);
	tcase_add_test(tcase, a_dup2_which_fails_changes_nothing);
	tcase_add_test(tcase, closing_a_stream_closes_its_descriptor);
	tcase_add_test(tcase,
		       a_bare_close_is_noticed_whatever_takes_the_number);
	tcase_add_test(tcase, a_bare_close_is_noticed_among_many);
	tcase_add_test(tcase, ranges_close_as_one_by_one);
	tcase_add_test(tcase, the_librarys_own_numbers_are_out_of_reach);
	if (enough)
		tcase_add_test(tcase, ten_thousand_descriptors_cost_little);
	suite_add_tcase(suite, tcase);

	ret = suite_run(suite);
	if (enough || ret)
		return ret;
	printf("all but one passed: RLIMIT_NOFILE is less than %d\n", MANY_FDS);

	return 77;
}
