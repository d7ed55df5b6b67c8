/* SPDX-License-Identifier: MIT */
/* /dev/latmus, as the program of that name uses it. Loops run over what can be
 * measured, EVL_LAT_IRQ to EVL_LAT_SIRQ. */
#include "../cancel.h"
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <evl/devices/latmus.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define PERIOD	   1000000u
#define PER_SECOND (1000000000u / PERIOD)
#define NR_CELLS   200u
#define NO_RESULT  12345 /* left alone */

static int lat, xfd;
static struct latmus_setup setup;

static struct {
	pthread_t thread;
	pid_t tid;
	_Atomic(bool) there;
	int ret, error;
} runner;

static pthread_t responder; /* for EVL_LAT_USER */
static bool responds;
static struct latmus_measurement last;
static __s32 histogram[NR_CELLS + 1], gravity;

static void setup_latmus(void)
{
	const char *const args[] = { "--driver", getenv("EVL_LATMUS"),
				     "step_ms=10", NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	lat = open(node_path("latmus"), O_RDWR);
	ck_assert_int_ge(lat, 0);
	xfd = evl_create_xbuf(1024, 0, EVL_CLONE_PRIVATE, "lat-data:%d",
			      getpid());
	ck_assert_int_ge(xfd, 0);
	gravity = NO_RESULT;
}

static int set_up(unsigned int cmd, int type)
{
	setup = (struct latmus_setup){
		.type = (__u32)type,
		.period = PERIOD,
		.priority = 90,
	};
	if (cmd == EVL_LATIOC_MEASURE) {
		setup.u.measure.xfd = (__u32)xfd;
		setup.u.measure.hcells = NR_CELLS;
	}

	return ioctl(lat, cmd, &setup);
}

static void take_note(int signo)
{
	(void)signo;
}

static void attach(const char *name)
{
	/* The last one's name may be taken for a while. */
	ck_assert_int_ge(evl_attach_self("%s:%d", name, gettid()), 0);
}

static void *respond(void *arg)
{
	__u64 when = 0;
	struct timespec now;

	attach("timer-responder");
	for (;;) {
		if (oob_ioctl(lat, EVL_LATIOC_PULSE, &when)) {
			if (errno != EPIPE)
				return NULL;
			when = 0;
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		when = (__u64)now.tv_sec * 1000000000u + (__u64)now.tv_nsec;
	}
}

static int run_measurement(void)
{
	struct latmus_measurement_result mr = {
		.last_ptr = (uintptr_t)&last,
		.histogram_ptr = (uintptr_t)histogram,
		.len = NR_CELLS * sizeof(histogram[0]),
	};
	struct latmus_result result = {
		.data_ptr = (uintptr_t)&mr,
		.len = sizeof(mr),
	};

	return oob_ioctl(lat, EVL_LATIOC_RUN, &result);
}

static int run_tuning(void)
{
	struct latmus_result result = {
		.data_ptr = (uintptr_t)&gravity,
		.len = sizeof(gravity),
	};

	return oob_ioctl(lat, EVL_LATIOC_RUN, &result);
}

static void *run(void *arg)
{
	int (*func)(void) = *(int (**)(void))arg;

	runner.tid = gettid();
	attach("test-sitter");
	runner.there = true;
	runner.ret = func();
	runner.error = errno;

	return NULL;
}

/* Others run, and respond; @func is not to return before it is ended. */
static void start(int (*func)(void), int type)
{
	static int (*arg)(void);

	arg = func;
	responds = type == EVL_LAT_USER;
	cancellable_create(&runner.thread, run, &arg);
	if (responds)
		cancellable_create(&responder, respond, NULL);
}

static void await_running(void)
{
	while (!runner.there)
		sched_yield();
	endure_await_busy(runner.tid);
	/* A signal before that ends nothing. */
	wait_until_asleep(getpid(), runner.tid);
}

static void end_by(int (*end)(pthread_t thread))
{
	end(runner.thread);
	pthread_join(runner.thread, NULL);
	if (!responds)
		return;
	pthread_cancel(responder);
	pthread_join(responder, NULL);
}

static int signal_it(pthread_t thread)
{
	const struct sigaction action = { .sa_handler = take_note };

	sigaction(SIGUSR1, &action, NULL);

	return pthread_kill(thread, SIGUSR1);
}

static void check_measurement(const struct latmus_measurement *m)
{
	if (m->samples == 0) {
		ck_assert_int_eq(m->sum_lat, 0);
		return;
	}
	ck_assert_int_le(m->min_lat, m->max_lat);
	ck_assert_int_le((__s64)m->min_lat * m->samples, m->sum_lat);
	ck_assert_int_ge((__s64)m->max_lat * m->samples, m->sum_lat);
}

static __u32 read_measurement(void)
{
	struct latmus_measurement m;
	ssize_t size = read(xfd, &m, sizeof(m));

	if (size < 0)
		return 0;
	ck_assert_int_eq(size, sizeof(m));
	ck_assert_uint_eq(m.samples, PER_SECOND);
	check_measurement(&m);

	return m.samples;
}

/* What the histogram tells is what was told one by one. */
static void check_results(__u32 nr_read)
{
	__u32 nr;
	long sum = 0;

	fcntl(xfd, F_SETFL, O_RDWR | O_NONBLOCK);
	while ((nr = read_measurement()) > 0)
		nr_read += nr;
	ck_assert_int_eq(errno, EAGAIN);
	check_measurement(&last);
	ck_assert_uint_lt(last.samples, PER_SECOND);
	for (unsigned int i = 0; i < NR_CELLS; i++) {
		ck_assert_int_ge(histogram[i], 0);
		sum += histogram[i];
	}
	ck_assert_int_eq(sum, nr_read + last.samples);
	ck_assert_int_eq(histogram[NR_CELLS], 0);
}

START_TEST(it_measures_until_a_signal_comes)
{
	__u32 nr;

	ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, _i), 0);
	start(run_measurement, _i);
	nr = read_measurement();
	await_running();
	end_by(signal_it);
	ck_assert_int_eq(runner.ret, 0);
	check_results(nr);
}
END_TEST

/* Its results are there all the same. */
START_TEST(it_measures_until_it_is_canceled)
{
	__u32 nr;

	ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, _i), 0);
	start(run_measurement, _i);
	nr = read_measurement();
	end_by(pthread_cancel);
	check_results(nr);
}
END_TEST

START_TEST(it_measures_again)
{
	ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, _i), 0);
	for (int i = 0; i < 3; i++) {
		start(run_measurement, _i);
		await_running();
		end_by(signal_it);
		check_results(0);
		runner.there = false;
		if (i == 1)
			ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, _i), 0);
	}
}
END_TEST

START_TEST(it_tunes)
{
	const int type = _i;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, type), 0);
		start(run_tuning, type);
		pthread_join(runner.thread, NULL);
		ck_assert_int_eq(runner.ret, 0);
		ck_assert_int_ge(gravity, 0);
		ck_assert_int_le(gravity, PERIOD / 2);
		if (responds) {
			pthread_cancel(responder);
			pthread_join(responder, NULL);
		}
		ck_assert_int_eq(ioctl(lat, EVL_LATIOC_RESET), 0);
		gravity = NO_RESULT;
	}
}
END_TEST

START_TEST(a_tuning_can_be_ended)
{
	/* Without anybody who responds it never ends by itself. */
	ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, EVL_LAT_USER), 0);
	start(run_tuning, EVL_LAT_IRQ);
	await_running();
	end_by(signal_it);
	ck_assert_int_eq(runner.ret, -1);
	ck_assert_int_eq(runner.error, EINTR);
	ck_assert_int_eq(gravity, NO_RESULT);
}
END_TEST

START_TEST(there_is_one_run_at_a_time)
{
	int other;

	ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, EVL_LAT_USER), 0);
	start(run_tuning, EVL_LAT_IRQ);
	await_running();
	/* Busy it is before it gets there. */
	while (set_up(EVL_LATIOC_TUNE, EVL_LAT_USER) == 0)
		;
	ck_assert_int_eq(errno, EBUSY);
	ck_assert_fails(set_up(EVL_LATIOC_MEASURE, _i), EBUSY);
	ck_assert_fails(run_tuning(), EBUSY);

	/* Nor do two tune the clock. */
	other = lat;
	lat = open(node_path("latmus"), O_RDWR);
	ck_assert_int_ge(lat, 0);
	ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, _i), 0);
	ck_assert_fails(run_tuning(), EBUSY);
	end_by(signal_it);
	close(lat);
	lat = other;
	ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, _i), 0);
}
END_TEST

START_TEST(close_ends_a_run)
{
	ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, _i), 0);
	start(run_measurement, EVL_LAT_IRQ);
	await_running();
	while (endure_nr_refs("latmus") == 0)
		sched_yield();
	/* Its handler was begun before this one, on the same worker. */
	ck_assert_fails(oob_ioctl(lat, _IO('L', 77)), ENOTTY);
	ck_assert_int_eq(close(lat), 0);
	pthread_join(runner.thread, NULL);
	ck_assert_int_eq(runner.ret, -1);
	ck_assert_int_eq(runner.error, EIDRM);
}
END_TEST

static void refuse(unsigned int cmd, int error)
{
	ck_assert_fails(ioctl(lat, cmd, &setup), error);
	set_up(EVL_LATIOC_TUNE, EVL_LAT_IRQ);
}

START_TEST(a_setup_which_makes_no_sense_is_refused)
{
	const unsigned int cmd = _i ? EVL_LATIOC_MEASURE : EVL_LATIOC_TUNE;

	set_up(EVL_LATIOC_TUNE, EVL_LAT_IRQ);
	setup.type = EVL_LAT_SIRQ + 1;
	refuse(cmd, EINVAL);
	setup.period = 0;
	refuse(cmd, EINVAL);
	setup.period = 1000000001;
	refuse(cmd, EINVAL);
	setup.period = UINT64_MAX;
	refuse(cmd, EINVAL);
	setup.priority = -1;
	refuse(cmd, EINVAL);
	setup.priority = 100;
	refuse(cmd, EINVAL);
	setup.cpu = 100000;
	refuse(cmd, EINVAL);
	ck_assert_fails(ioctl(lat, cmd, NULL), EFAULT);
	ck_assert_fails(ioctl(lat, cmd, 16), EFAULT);
}
END_TEST

START_TEST(so_is_a_measurement_without_a_place_to_go)
{
	set_up(EVL_LATIOC_TUNE, EVL_LAT_IRQ);
	setup.u.measure.xfd = (__u32)lat;
	refuse(EVL_LATIOC_MEASURE, EBADF);
	setup.u.measure.xfd = -1u;
	refuse(EVL_LATIOC_MEASURE, EBADF);
	setup.u.measure.xfd = (__u32)xfd;
	setup.u.measure.hcells = -1u;
	refuse(EVL_LATIOC_MEASURE, EINVAL);

	/* Or if it is gone by then. */
	ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, EVL_LAT_IRQ), 0);
	ck_assert_int_eq(close(xfd), 0);
	ck_assert_fails(run_measurement(), EBADF);
}
END_TEST

START_TEST(a_process_has_one_kernel_thread)
{
	int first = lat;

	ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, EVL_LAT_KERN), 0);
	lat = open(node_path("latmus"), O_RDWR);
	ck_assert_int_ge(lat, 0);
	ck_assert_fails(set_up(EVL_LATIOC_TUNE, EVL_LAT_KERN), EEXIST);
	ck_assert_fails(run_tuning(), EAGAIN);
	ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, EVL_LAT_IRQ), 0);
	ck_assert_int_eq(close(first), 0);
	ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, EVL_LAT_KERN), 0);
}
END_TEST

START_TEST(requests_belong_to_a_stage_and_a_setup)
{
	struct latmus_result result = { .len = 4 };
	__u64 when = 0;

	ck_assert_fails(run_tuning(), EAGAIN);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_PULSE, &when), EAGAIN);
	ck_assert_int_eq(set_up(EVL_LATIOC_TUNE, EVL_LAT_IRQ), 0);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_PULSE, &when), EINVAL);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_TUNE, &setup), ENOTTY);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_MEASURE, &setup), ENOTTY);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_RESET), ENOTTY);
	ck_assert_fails(ioctl(lat, EVL_LATIOC_RUN, &result), ENOTTY);
	ck_assert_fails(ioctl(lat, EVL_LATIOC_PULSE, &when), ENOTTY);
	ck_assert_fails(ioctl(lat, _IO('L', 5)), ENOTTY);

	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_RUN, NULL), EFAULT);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_RUN, &result), EFAULT);
	result.len = 8;
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_RUN, &result), EINVAL);
	ck_assert_int_eq(set_up(EVL_LATIOC_MEASURE, EVL_LAT_USER), 0);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_RUN, &result), EINVAL);
	result.len = sizeof(struct latmus_measurement_result);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_RUN, &result), EFAULT);
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_PULSE, NULL), EFAULT);
	/* Nothing runs, so what ran? */
	when = 1;
	ck_assert_fails(oob_ioctl(lat, EVL_LATIOC_PULSE, &when), EPIPE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/latmus");
	TCase *tcase = tcase_create("latmus");

	tcase_add_checked_fixture(tcase, setup_latmus, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, it_measures_until_a_signal_comes, 0, 4);
	tcase_add_loop_test(tcase, it_measures_until_it_is_canceled, 0, 4);
	tcase_add_loop_test(tcase, it_measures_again, 0, 4);
	tcase_add_loop_test(tcase, it_tunes, 0, 4);
	tcase_add_test(tcase, a_tuning_can_be_ended);
	tcase_add_loop_test(tcase, there_is_one_run_at_a_time, 0, 4);
	tcase_add_loop_test(tcase, close_ends_a_run, 0, 4);
	tcase_add_loop_test(tcase, a_setup_which_makes_no_sense_is_refused, 0,
			    2);
	tcase_add_test(tcase, so_is_a_measurement_without_a_place_to_go);
	tcase_add_test(tcase, a_process_has_one_kernel_thread);
	tcase_add_test(tcase, requests_belong_to_a_stage_and_a_setup);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
