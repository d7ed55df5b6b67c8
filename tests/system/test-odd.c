/* SPDX-License-Identifier: MIT */
/* Operations as drivers have them, which their descriptions do not tell
 * (drivers/odd.c): what is missing, what ioctls really pass, and when. */
#include "../cancel.h"
#include "daemon.h"
#include "drivers/odd.h"
#include "endure.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <wire/bind.h>

static int fd;
static struct odd_report report;

static void setup(void)
{
	daemon_setup_driver("EVL_ODD");
	endure_watch();
	ck_assert_int_ge(evl_attach_self("odd:%d", getpid()), 0);
	fd = open(node_path("odd"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

START_TEST(what_a_driver_lacks_is_told_apart)
{
	char byte = 0;

	ck_assert_fails(oob_read(fd, &byte, 1), EINVAL);
	ck_assert_fails(oob_write(fd, &byte, 1), EINVAL);
	ck_assert_fails(write(fd, &byte, 1), EINVAL);
	/* Its handlers know no such command. */
	ck_assert_fails(oob_ioctl(fd, _IO('o', 99)), ENOTTY);
	ck_assert_fails(ioctl(fd, _IO('o', 99)), ENOTTY);
	ck_assert_fails(oob_ioctl(STDIN_FILENO, ODD_VALUE, 1), EBADF);
}
END_TEST

START_TEST(an_argument_may_be_a_number)
{
	static const unsigned long values[] = { 0, 1, 42, 4095 };

	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(ioctl(fd, ODD_VALUE, values[i]), values[i]);
		ck_assert_int_eq(oob_ioctl(fd, ODD_VALUE, values[i]),
				 values[i]);
		ck_assert_int_eq(oob_ioctl(fd, ODD_VALUE_AS_IF, values[i]),
				 values[i]);
	}

	ck_assert_int_eq(ioctl(fd, ODD_VALUE_AS_IF, 42), 42);
	/* Files of a file system have no such ioctls: the kernel looks. */
	if (daemon_on_cuse())
		ck_assert_int_eq(syscall(SYS_ioctl, fd, ODD_VALUE_AS_IF, 42),
				 42);
	else
		ck_assert_fails(syscall(SYS_ioctl, fd, ODD_VALUE_AS_IF, 42),
				EFAULT);
}
END_TEST

/* Those which the kernel has an answer to, where it takes a node for a file of a
 * file system; others' files are left alone. */
START_TEST(what_the_kernel_would_answer_the_driver_does)
{
	int number = 0, other = open("/proc/self/exe", O_RDONLY);
	struct stat st;

	ck_assert_int_eq(ioctl(fd, FIONREAD, &number), 0);
	ck_assert_int_eq(number, ODD_NR_TO_READ);
	ck_assert_fails(ioctl(fd, FIONREAD, NULL), EFAULT);
	ck_assert_int_eq(ioctl(fd, ODD_ONE, 5), 6);
	ck_assert_fails(ioctl(fd, FIOQSIZE, &number), ENOTTY);

	ck_assert_int_eq(fstat(other, &st), 0);
	ck_assert_int_eq(ioctl(other, FIONREAD, &number), 0);
	ck_assert_int_eq(number, (int)st.st_size);
	close(other);
}
END_TEST

/* What libevlclient does for that, badly and in circles. */
START_TEST(a_detour_is_checked)
{
	struct bind_ioctl bare = { .cmd = ODD_VALUE, .arg = 3, .reserved = 1 };
	int error = daemon_on_cuse() ? ENOTTY : EINVAL;

	ck_assert_fails(syscall(SYS_ioctl, fd, BIND_IOC_IOCTL, &bare), error);
	bare.reserved = 0;
	if (!daemon_on_cuse())
		ck_assert_int_eq(syscall(SYS_ioctl, fd, BIND_IOC_IOCTL, &bare),
				 3);
	bare.cmd = (uint32_t)BIND_IOC_IOCTL;
	bare.arg = (uintptr_t)&bare;
	ck_assert_fails(syscall(SYS_ioctl, fd, BIND_IOC_IOCTL, &bare), ENOTTY);
}
END_TEST

START_TEST(more_may_be_stored_than_is_announced)
{
	char bytes[ODD_FILL_SIZE + 1], expected[ODD_FILL_SIZE];

	memset(expected, 0x5a, sizeof(expected));
	for (int i = 0; i < 2; i++) {
		memset(bytes, 0, sizeof(bytes));
		ck_assert_int_eq(i ? oob_ioctl(fd, ODD_FILL, bytes)
				   : ioctl(fd, ODD_FILL, bytes),
				 0);
		ck_assert_mem_eq(bytes, expected, sizeof(expected));
		ck_assert_int_eq(bytes[ODD_FILL_SIZE], 0);
	}
	ck_assert_fails(oob_ioctl(fd, ODD_FILL, (void *)8), EFAULT);
}
END_TEST

/* A thread which sleeps in the driver. */

static _Atomic(pid_t) sleeper_tid;
static int sleeper_ret, sleeper_error;

static void *sleep_in_driver(void *arg)
{
	pid_t tid = (pid_t)syscall(SYS_gettid);

	ck_assert_int_ge(evl_attach_self("sleeper:%d", tid), 0);
	sleeper_tid = tid;
	sleeper_ret = oob_ioctl(fd, ODD_SLEEP, &report);
	sleeper_error = errno;

	return arg;
}

static pthread_t start_sleeper(void)
{
	pthread_t thread;

	memset(&report, 0, sizeof(report));
	sleeper_tid = 0;
	cancellable_create(&thread, sleep_in_driver, NULL);
	while (sleeper_tid == 0)
		sched_yield();
	endure_await_busy(sleeper_tid);

	return thread;
}

START_TEST(both_stages_work_on_one_file_at_once)
{
	pthread_t thread = start_sleeper();
	char byte = 0;

	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'r');
	ck_assert_int_eq(ioctl(fd, ODD_VALUE, 7), 7);
	ck_assert_int_eq(oob_ioctl(fd, ODD_VALUE, 8), 8);
	ck_assert_uint_eq(report.nr_sleeps, 0);
	ck_assert_int_eq(_i ? oob_ioctl(fd, ODD_WAKE) : ioctl(fd, ODD_WAKE), 0);
	pthread_join(thread, NULL);
	ck_assert_int_eq(sleeper_ret, 0);
	ck_assert_uint_eq(report.nr_sleeps, 1);
}
END_TEST

START_TEST(who_is_cancelled_has_its_results_first)
{
	pthread_t thread = start_sleeper();
	void *ret;

	ck_assert_int_eq(pthread_cancel(thread), 0);
	pthread_join(thread, &ret);
	ck_assert_ptr_eq(ret, PTHREAD_CANCELED);
	ck_assert_int_eq(report.ret, -EINTR);
	/* The handler ran once. */
	ck_assert_uint_eq(report.nr_sleeps, 1);
}
END_TEST

static volatile sig_atomic_t nr_signals;

static void note_signal(int sig)
{
	nr_signals++;
}

START_TEST(who_gets_a_signal_has_its_results_and_is_told)
{
	const struct sigaction action = { .sa_handler = note_signal };
	pthread_t thread;

	ck_assert_int_eq(sigaction(SIGUSR1, &action, NULL), 0);
	for (unsigned int i = 1; i < 4; i++) {
		thread = start_sleeper();
		ck_assert_int_eq(pthread_kill(thread, SIGUSR1), 0);
		pthread_join(thread, NULL);
		ck_assert_int_eq(nr_signals, i);
		ck_assert_int_eq(report.ret, -EINTR);
		ck_assert_uint_eq(report.nr_sleeps, i);
		ck_assert_int_eq(sleeper_ret, -1);
		ck_assert_int_eq(sleeper_error, EINTR);
	}
}
END_TEST

START_TEST(what_cannot_be_opened_is_asked_each_time)
{
	for (int i = 1; i < 4; i++) {
		ck_assert_int_eq(open(node_path("odd-closed"), O_RDWR), -1);
		ck_assert_int_eq(ioctl(fd, ODD_NR_REFUSED), i);
	}
	/* Nor has it become something else. */
	ck_assert_int_ge(open(node_path("odd"), O_RDWR), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/odd");
	TCase *tc = tcase_create("odd");

	tcase_add_checked_fixture(tc, setup, endure_teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, what_a_driver_lacks_is_told_apart);
	tcase_add_test(tc, an_argument_may_be_a_number);
	tcase_add_test(tc, what_the_kernel_would_answer_the_driver_does);
	tcase_add_test(tc, a_detour_is_checked);
	tcase_add_test(tc, more_may_be_stored_than_is_announced);
	tcase_add_loop_test(tc, both_stages_work_on_one_file_at_once, 0, 2);
	tcase_add_test(tc, who_is_cancelled_has_its_results_first);
	tcase_add_test(tc, who_gets_a_signal_has_its_results_and_is_told);
	tcase_add_test(tc, what_cannot_be_opened_is_asked_each_time);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
