/* SPDX-License-Identifier: MIT */
/* /dev/wakeup, which evl-bench wakeup asks: a timer's function and a kernel
 * thread (_i) sample how late they are. */
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uapi/evl/devices/wakeup.h>
#include <unistd.h>

#define MARK UINT32_MAX /* where no sample was put */

static int fd;
static __u32 samples[WAKEUP_SAMPLES_MAX + 1];

static void setup(void)
{
	daemon_setup_driver("EVL_WAKEUP");
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	fd = open(node_path("wakeup"), O_RDWR);
	ck_assert_int_ge(fd, 0);
	memset(samples, 0xff, sizeof(samples));
}

static void fill_in(struct wakeup_request *req, unsigned int who,
		    unsigned int nr, unsigned long period)
{
	*req = (struct wakeup_request){
		.who = who,
		.nr_samples = nr,
		.period = period,
		.samples_ptr = (uintptr_t)samples,
	};
}

/* By any thread. */
static int measure(unsigned int who, unsigned int nr, unsigned long period)
{
	struct wakeup_request req;

	fill_in(&req, who, nr, period);

	return oob_ioctl(fd, WAKEUP_IOC_MEASURE, &req);
}

START_TEST(there_are_as_many_samples_as_asked_for)
{
	for (unsigned int nr = 1; nr < 200; nr += 33) {
		ck_assert_int_eq(measure((unsigned int)_i, nr, 20000), 0);
		for (unsigned int i = 0; i < nr; i++)
			ck_assert_uint_ne(samples[i], MARK);
		ck_assert_uint_eq(samples[nr], MARK);
	}
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	const struct {
		unsigned int who, nr;
		unsigned long period;
	} wrong[] = {
		{ WAKEUP_KTHREAD + 1, 1, 20000 },
		{ (unsigned int)_i, 0, 20000 },
		{ (unsigned int)_i, WAKEUP_SAMPLES_MAX + 1, 20000 },
		{ (unsigned int)_i, 1, 0 },
		{ (unsigned int)_i, 1, 9999 },
		{ (unsigned int)_i, 1, 1000000001 },
		{ (unsigned int)_i, 1, -1ul },
	};
	struct wakeup_request req;

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ck_assert_fails(
			measure(wrong[i].who, wrong[i].nr, wrong[i].period),
			EINVAL);
	fill_in(&req, (unsigned int)_i, 1, 20000);
	ck_assert_fails(oob_ioctl(fd, _IO('W', 77)), ENOTTY);
	ck_assert_fails(ioctl(fd, WAKEUP_IOC_MEASURE, &req), ENOTTY);
	ck_assert_fails(oob_ioctl(fd, WAKEUP_IOC_MEASURE, NULL), EFAULT);
	req.samples_ptr = 16;
	ck_assert_fails(oob_ioctl(fd, WAKEUP_IOC_MEASURE, &req), EFAULT);
	ck_assert_int_eq(measure((unsigned int)_i, 1, 20000), 0);
}
END_TEST

static pid_t waiter_tid;
static _Atomic(bool) waiter_there;
static int waiter_error;

static void *wait_long(void *arg)
{
	waiter_tid = gettid();
	ck_assert_int_ge(evl_attach_self("waiter:%d", getpid()), 0);
	waiter_there = true;
	do
		waiter_error = measure(*(unsigned int *)arg, WAKEUP_SAMPLES_MAX,
				       1000000000)
				       ? errno
				       : 0;
	while (waiter_error == EBUSY);

	return NULL;
}

static void take_note(int signo)
{
	(void)signo;
}

START_TEST(who_gives_up_leaves_nothing_that_goes_on)
{
	const struct sigaction action = { .sa_handler = take_note };
	unsigned int who = (unsigned int)_i;
	pthread_t waiter;

	sigaction(SIGUSR1, &action, NULL);
	pthread_create(&waiter, NULL, wait_long, &who);
	while (!waiter_there)
		sched_yield();
	endure_await_busy(waiter_tid);
	/* One at a time. */
	while (measure(who, 1, 20000) == 0)
		;
	ck_assert_int_eq(errno, EBUSY);
	/* A signal before that ends nothing. */
	wait_until_asleep(getpid(), waiter_tid);
	pthread_kill(waiter, SIGUSR1);
	pthread_join(waiter, NULL);
	ck_assert_int_eq(waiter_error, EINTR);
	/* It stops at its next date. */
	while (measure(who, 1, 20000) < 0)
		ck_assert_int_eq(errno, EBUSY);
	ck_assert_uint_eq(samples[1], MARK);
}
END_TEST

START_TEST(close_ends_it)
{
	unsigned int who = (unsigned int)_i;
	pthread_t waiter;

	pthread_create(&waiter, NULL, wait_long, &who);
	while (!waiter_there)
		sched_yield();
	while (endure_nr_refs("wakeup") == 0)
		sched_yield();
	/* Its handler was begun before this one, on the same worker. */
	ck_assert_fails(oob_ioctl(fd, _IO('W', 77)), ENOTTY);
	ck_assert_int_eq(close(fd), 0);
	pthread_join(waiter, NULL);
	ck_assert_int_eq(waiter_error, EIDRM);
	ck_assert_uint_eq(samples[0], MARK);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/wakeup");
	TCase *tcase = tcase_create("wakeup");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, there_are_as_many_samples_as_asked_for, 0,
			    2);
	tcase_add_loop_test(tcase, what_makes_no_sense_is_refused, 0, 2);
	tcase_add_loop_test(tcase, who_gives_up_leaves_nothing_that_goes_on, 0,
			    2);
	tcase_add_loop_test(tcase, close_ends_it, 0, 2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
