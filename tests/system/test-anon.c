/* SPDX-License-Identifier: MIT */
/* Files which a driver makes inside an ioctl, with descriptors in the caller. */
#include "daemon.h"
#include "drivers/maker.h"
#include "endure.h"
#include "raw-client.h"
#include "who-fd.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static int maker;

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_MAKER"),
				     "--driver", getenv("EVL_WHO"), NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_ge(evl_attach_self("test-anon"), 0);
	maker = open(node_path("maker"), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(maker, 0);
}

/* The new descriptor, or -errno. */
static int make(enum maker_how how, unsigned int flags, unsigned int start)
{
	struct maker_request req = {
		.how = how,
		.flags = flags,
		.start = start,
	};

	return ioctl(maker, MAKER_MAKE, &req) ? -errno : req.fd;
}

static uint32_t nr_released(void)
{
	uint32_t count = 0;

	ck_assert_int_eq(ioctl(maker, MAKER_RELEASED, &count), 0);

	return count;
}

static int64_t next_inband(int fd)
{
	uint32_t number;

	return read(fd, &number, 4) == 4 ? (int64_t)number : -errno;
}

static int64_t next_oob(int fd)
{
	uint32_t number;

	return oob_read(fd, &number, 4) == 4 ? (int64_t)number : -errno;
}

START_TEST(it_serves_both_stages)
{
	int fd = make(MAKER_FILE, O_RDWR | O_CLOEXEC, 100);
	uint32_t number = 500;
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(next_oob(fd), 100);
	ck_assert_int_eq(next_inband(fd), 101);
	ck_assert_int_eq(oob_write(fd, &number, 4), 4);
	ck_assert_int_eq(next_inband(fd), 500);
	number = 600;
	ck_assert_int_eq(write(fd, &number, 4), 4);
	ck_assert_int_eq(next_oob(fd), 600);
	ck_assert_int_eq(ioctl(fd, MAKER_RELEASED, &number), 0);
	ck_assert_int_eq(oob_ioctl(fd, MAKER_RELEASED, &number), 0);
	ck_assert_int_eq(poll(&pfd, 1, -1), 1);
	ck_assert_int_eq(pfd.revents, POLLOUT);
	close(fd);
	ck_assert_int_eq(next_oob(fd), -EBADF);
}
END_TEST

START_TEST(each_is_a_file_of_its_own_and_released_by_its_last_close)
{
	int fds[20], other;
	uint32_t before = nr_released();

	for (int i = 0; i < 20; i++) {
		fds[i] = make(MAKER_FILE, O_RDWR, (unsigned int)i * 1000);
		ck_assert_int_ge(fds[i], 0);
	}
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(next_oob(fds[i]), i * 1000);
		ck_assert_int_eq(next_inband(fds[i]), i * 1000 + 1);
	}
	other = dup(fds[7]);
	for (int i = 0; i < 20; i++)
		close(fds[i]);
	ck_assert_uint_eq(nr_released(), before + 19);
	ck_assert_int_eq(next_oob(other), 7002);
	close(other);
	ck_assert_uint_eq(nr_released(), before + 20);
}
END_TEST

/* Whether or not it was ever used. EINVAL: the driver asked about it finds it,
 * and that it is another one's. */
START_TEST(drivers_find_its_descriptors_as_long_as_they_are_open)
{
	int eye = open_who(), fd = make(MAKER_FILE, O_RDWR, 1), other;

	ck_assert_int_eq(found(eye, fd, true), -EINVAL);
	other = dup(fd);
	ck_assert_int_eq(found(eye, other, true), -EINVAL);
	close(fd);
	ck_assert_int_eq(found(eye, fd, true), -EBADF);
	ck_assert_int_eq(found(eye, other, true), -EINVAL);
	fd = make(MAKER_FILE, O_RDWR, 2);
	ck_assert_int_eq(found(eye, fd, true), -EINVAL);
	ck_assert_int_eq(dup2(STDIN_FILENO, fd), fd);
	ck_assert_int_eq(found(eye, fd, true), -EBADF);
	close(other);
}
END_TEST

START_TEST(flags_are_those_asked_for)
{
	int fd = make(MAKER_FILE, O_RDONLY | O_CLOEXEC, 5);
	uint32_t number = 0;

	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	ck_assert_int_eq(next_oob(fd), 5);
	ck_assert_int_eq(oob_write(fd, &number, 4), -1);
	ck_assert_int_eq(errno, EBADF);
	ck_assert_int_eq(write(fd, &number, 4), -1);
	ck_assert_int_eq(errno, EBADF);
	close(fd);

	for (int how = MAKER_FILE; how <= MAKER_GETFD; how++) {
		fd = make((enum maker_how)how, O_RDWR | O_NONBLOCK, 0);
		ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
		ck_assert_int_ne(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
		ck_assert_int_eq(next_inband(fd), -EAGAIN);
		ck_assert_int_eq(next_inband(fd), 1);
		close(fd);
	}
}
END_TEST

START_TEST(one_that_was_not_marked_is_in_band_only)
{
	int fd = make(MAKER_GETFD, O_RDWR | O_CLOEXEC, 9);

	ck_assert_int_eq(next_inband(fd), 9);
	ck_assert_int_eq(next_oob(fd), -EBADF);
	close(fd);
}
END_TEST

START_TEST(what_is_not_installed_leaves_nothing)
{
	uint32_t before = nr_released();
	int free_fd = dup(maker), fd;

	close(free_fd);
	for (int i = 0; i < 10; i++) {
		fd = make(MAKER_UNUSED, 0, 0);
		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(fcntl(fd, F_GETFD), -1);
		ck_assert_int_eq(make(MAKER_FPUT, 0, 0), -ECANCELED);
	}
	ck_assert_uint_eq(nr_released(), before + 10);
	ck_assert_int_eq(dup(maker), free_fd);
}
END_TEST

START_TEST(a_process_without_numbers_is_told)
{
	struct rlimit limit, low;
	int fds[64], n = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	low = limit;
	low.rlim_cur = 40;
	setrlimit(RLIMIT_NOFILE, &low);
	while ((fds[n] = dup(maker)) >= 0)
		n++;
	ck_assert_int_eq(make(MAKER_FILE, O_RDWR, 0), -EMFILE);
	close(fds[--n]);
	ck_assert_int_eq(make(MAKER_FILE, O_RDWR, 0), fds[n]);
	setrlimit(RLIMIT_NOFILE, &limit);
}
END_TEST

/* The library has not connected, and does not see the first call. */
static int make_bare(void *arg)
{
	struct maker_request req = { .how = MAKER_FILE, .flags = O_RDWR };

	if (raw_inband(maker, MAKER_MAKE, &req) != -EOPNOTSUPP)
		return 1;
	/* It sees the next, and connects. */
	if (ioctl(maker, MAKER_MAKE, &req))
		return 2;
	if (evl_attach_self("makes") < 0)
		return 3;

	return next_oob(req.fd) == 0 ? 0 : 4;
}

START_TEST(a_caller_without_the_library_is_told)
{
	ck_assert_int_eq(child_wait(child_start(make_bare, NULL)), 0);
}
END_TEST

static void *make_many(void *arg)
{
	unsigned int start = *(unsigned int *)arg;
	int fd;

	if (evl_attach_self("maker-%u", start) < 0)
		return "attach";
	for (unsigned int i = 0; i < 50; i++) {
		fd = make(i % 2 ? MAKER_FILE : MAKER_GETFD, O_RDWR, start + i);
		if (fd < 0 || next_inband(fd) != start + i)
			return "in-band";
		if (i % 2 && next_oob(fd) != start + i + 1)
			return "oob";
		close(fd);
	}
	evl_detach_self();

	return NULL;
}

START_TEST(threads_may_make_them_all_at_once)
{
	unsigned int starts[6];
	pthread_t threads[6];
	void *what;

	for (unsigned int i = 0; i < 6; i++) {
		starts[i] = (i + 1) * 10000;
		pthread_create(&threads[i], NULL, make_many, &starts[i]);
	}
	for (int i = 0; i < 6; i++) {
		pthread_join(threads[i], &what);
		ck_assert_msg(what == NULL, "%s", (char *)what);
	}
}
END_TEST

static int die_with_some(void *arg)
{
	if (evl_attach_self("doomed") < 0)
		return 1;
	for (int i = 0; i < 10; i++)
		if (make(MAKER_FILE, O_RDWR, 0) < 0)
			return 2;

	return 0;
}

START_TEST(those_of_a_process_that_ends_are_released)
{
	uint32_t before = nr_released();

	ck_assert_int_eq(child_wait(child_start(die_with_some, NULL)), 0);
	while (nr_released() != before + 10)
		sched_yield();
}
END_TEST

static int contested;
static _Atomic(bool) made_enough;

static void *close_contested(void *arg)
{
	unsigned int fd = (unsigned int)contested;

	while (!made_enough) {
		syscall(SYS_close_range, fd, fd + 1, 0);
		sched_yield();
	}

	return NULL;
}

/* By who does not know that somebody is about to get it: closefrom(), say. */
START_TEST(a_number_may_be_closed_while_it_is_being_made)
{
	pthread_t closer;
	int fd;

	/* A number nobody has seen made: who has it is the kernel's to say. */
	contested = (int)syscall(SYS_dup, maker);
	pthread_create(&closer, NULL, close_contested, NULL);
	for (int i = 0; i < 100; i++) {
		fd = make(i % 3 ? MAKER_FILE : MAKER_GETFD, O_RDWR | O_NONBLOCK,
			  1);
		if (fd >= 0)
			close(fd);
	}
	made_enough = true;
	pthread_join(closer, NULL);
	fd = make(MAKER_FILE, O_RDWR | O_NONBLOCK, 7);
	ck_assert_int_eq(next_oob(fd), 7);
}
END_TEST

/* A client which says nothing, or nonsense, when it is asked. */
static struct raw_client mute;

static int call_mute(void *arg)
{
	struct maker_request req = { .how = MAKER_FILE, .flags = O_RDWR };
	int fd;

	/* No library: the raw client is this process's. */
	raw_join(&mute, false);
	fd = raw_open("maker", O_RDWR);
	signal(SIGALRM, SIG_DFL); /* Check has a handler */
	alarm(1);

	return raw_inband(fd, MAKER_MAKE, &req); /* until the alarm kills it */
}

START_TEST(a_client_that_never_answers_keeps_nobody_else)
{
	pid_t pid = child_start(call_mute, NULL);
	int fd = make(MAKER_FILE, O_RDWR, 3);

	ck_assert_int_eq(next_oob(fd), 3);
	close(fd);
	ck_assert_int_eq(child_wait(pid), 128 + SIGALRM);
	fd = make(MAKER_FILE, O_RDWR, 4);
	ck_assert_int_eq(next_oob(fd), 4);
}
END_TEST

START_TEST(a_spare_file_by_itself_is_good_for_nothing)
{
	int fd = open(node_path("evl/spare"), O_RDWR);
	char buf[8];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, buf, 8), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(oob_read(fd, buf, 8), -1);
	ck_assert_int_eq(errno, EBADF);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/anon");
	TCase *tcase = tcase_create("anon");

	tcase_add_checked_fixture(tcase, setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, it_serves_both_stages);
	tcase_add_test(
		tcase,
		each_is_a_file_of_its_own_and_released_by_its_last_close);
	tcase_add_test(tcase,
		       drivers_find_its_descriptors_as_long_as_they_are_open);
	tcase_add_test(tcase, flags_are_those_asked_for);
	tcase_add_test(tcase, one_that_was_not_marked_is_in_band_only);
	tcase_add_test(tcase, what_is_not_installed_leaves_nothing);
	tcase_add_test(tcase, a_process_without_numbers_is_told);
	tcase_add_test(tcase, a_caller_without_the_library_is_told);
	tcase_add_test(tcase, threads_may_make_them_all_at_once);
	tcase_add_test(tcase, those_of_a_process_that_ends_are_released);
	tcase_add_test(tcase, a_number_may_be_closed_while_it_is_being_made);
	tcase_add_test(tcase, a_client_that_never_answers_keeps_nobody_else);
	tcase_add_test(tcase, a_spare_file_by_itself_is_good_for_nothing);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
