/* SPDX-License-Identifier: MIT */
/* /dev/sleepers, which evl-bench sleepers asks: many kernel threads sleep in a
 * live daemon. Loops run over what they sleep on. */
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <uapi/evl/devices/sleepers.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#define MANY	  300
#else
#define SANITIZED 0
#define MANY	  5000
#endif
#define MAX_BYTES (20 * 1024) /* each */
#define MARK	  UINT32_MAX  /* where no sample was put */
#define NR_PLACES (SLEEPERS_ALONE + 1)

static int fd;
static __u32 samples[SLEEPERS_SAMPLES_MAX + 1];

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_SLEEPERS"),
				     "--max-threads", "6000", NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	fd = open(node_path("sleepers"), O_RDWR);
	ck_assert_int_ge(fd, 0);
	memset(samples, 0xff, sizeof(samples));
}

static int wake(unsigned int place, unsigned int nr)
{
	const struct sleepers_request req = {
		.place = place,
		.nr_samples = nr,
		.samples_ptr = (uintptr_t)samples,
	};

	return oob_ioctl(fd, SLEEPERS_IOC_WAKE, &req);
}

static void check_waking(unsigned int place)
{
	for (unsigned int nr = 1; nr < 200; nr += 33) {
		memset(samples, 0xff, sizeof(samples));
		ck_assert_int_eq(wake(place, nr), 0);
		for (unsigned int i = 0; i < nr; i++)
			ck_assert_uint_ne(samples[i], MARK);
		ck_assert_uint_eq(samples[nr], MARK);
	}
}

START_TEST(one_is_woken_whoever_else_sleeps)
{
	const unsigned int place = (unsigned int)_i;

	check_waking(place);
	ck_assert_int_eq(ioctl(fd, SLEEPERS_IOC_ADD, 10L), 10);
	check_waking(place);
	ck_assert_int_eq(ioctl(fd, SLEEPERS_IOC_ADD, 290L), 300);
	check_waking(place);
	ck_assert_int_eq(ioctl(fd, SLEEPERS_IOC_REMOVE), 0);
	check_waking(place);
	/* Those who are left are gone with their file. */
	ck_assert_int_eq(ioctl(fd, SLEEPERS_IOC_ADD, 100L), 100);
}
END_TEST

/* What is in memory, and the tables of it. */
static long used_kb(void)
{
	return daemon_usage(&test_daemon).anon_kb +
	       thread_status(test_daemon.pid, "evl-cused", "VmPTE:");
}

START_TEST(thousands_cost_less_than_twenty_kib_each)
{
	long before = used_kb();

	ck_assert_int_eq(ioctl(fd, SLEEPERS_IOC_ADD, (long)MANY), MANY);
	if (!SANITIZED)
		ck_assert_int_lt((used_kb() - before) * 1024 / MANY, MAX_BYTES);
	for (unsigned int place = 0; place < NR_PLACES; place++)
		check_waking(place);
}
END_TEST

START_TEST(there_are_no_more_than_are_allowed)
{
	if (SANITIZED)
		return;
	ck_assert_fails(ioctl(fd, SLEEPERS_IOC_ADD, 6000L), EAGAIN);
	check_waking((unsigned int)_i);
	ck_assert_int_eq(ioctl(fd, SLEEPERS_IOC_REMOVE), 0);
	ck_assert_int_eq(ioctl(fd, SLEEPERS_IOC_ADD, 5L), 5);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	struct sleepers_request req = { .nr_samples = 1, .samples_ptr = 16 };

	ck_assert_fails(wake(NR_PLACES, 1), EINVAL);
	ck_assert_fails(wake(SLEEPERS_FLAG, 0), EINVAL);
	ck_assert_fails(wake(SLEEPERS_FLAG, SLEEPERS_SAMPLES_MAX + 1), EINVAL);
	ck_assert_fails(ioctl(fd, SLEEPERS_IOC_ADD, 100001L), EINVAL);
	ck_assert_fails(ioctl(fd, SLEEPERS_IOC_ADD, -1L), EINVAL);
	ck_assert_fails(oob_ioctl(fd, SLEEPERS_IOC_WAKE, NULL), EFAULT);
	ck_assert_fails(oob_ioctl(fd, SLEEPERS_IOC_WAKE, &req), EFAULT);
	ck_assert_fails(oob_ioctl(fd, SLEEPERS_IOC_ADD, 1L), ENOTTY);
	ck_assert_fails(oob_ioctl(fd, SLEEPERS_IOC_REMOVE), ENOTTY);
	ck_assert_fails(ioctl(fd, SLEEPERS_IOC_WAKE, &req), ENOTTY);
	ck_assert_fails(ioctl(fd, _IO('S', 77)), ENOTTY);
	check_waking(SLEEPERS_FLAG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/sleepers");
	TCase *tcase = tcase_create("sleepers");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, one_is_woken_whoever_else_sleeps, 0,
			    NR_PLACES);
	tcase_add_test(tcase, thousands_cost_less_than_twenty_kib_each);
	tcase_add_loop_test(tcase, there_are_no_more_than_are_allowed, 0, 1);
	tcase_add_test(tcase, what_makes_no_sense_is_refused);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
