/* SPDX-License-Identifier: MIT */
/*
 * A driver which keeps a worker to itself: the watchdog says who, where and for
 * how long. Whoever keeps it does so until the test has read that.
 */
#include "daemon.h"
#include "drivers/unruly.h"
#include "raw-client.h"

#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define CALLS_WATCHED false
#else
#define CALLS_WATCHED true
#endif

static int fd;

static void start(const char *first, const char *second)
{
	const char *const args[] = { "--driver", getenv("EVL_UNRULY"),
				     "--driver", getenv("EVL_LOOPBACK"),
				     first,	 second,
				     NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	fd = open(node_path("unruly"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

static void await_said(const char *text)
{
	while (!daemon_said(&test_daemon, text))
		sched_yield();
}

static uint64_t nr_hogs(uint32_t *r_watched)
{
	struct control_driver_info info = raw_driver_info("unruly");

	if (r_watched)
		*r_watched = info.watched;

	return info.nr_hogs;
}

/* An application whose call keeps the worker. */
struct hog {
	pthread_t thread;
	unsigned int cmd;
};

static void *run_hog(void *arg)
{
	struct hog *hog = arg;

	if (evl_attach_self("hog-%d", getpid()) < 0 ||
	    oob_ioctl(fd, hog->cmd, 0L) || evl_detach_self())
		return arg;

	return NULL;
}

static void begin(struct hog *hog, unsigned int cmd)
{
	hog->cmd = cmd;
	ck_assert_int_eq(pthread_create(&hog->thread, NULL, run_hog, hog), 0);
}

static void end(struct hog *hog)
{
	void *failed;

	ck_assert_int_eq(pthread_join(hog->thread, &failed), 0);
	ck_assert_ptr_null(failed);
}

static const struct {
	unsigned int cmd;
	const char *rule;
	const char *op;
	bool named; /* by the command, and the caller's thread */
	const char *place;
} hogs[] = {
	{ UNRULY_SPIN, "off", "oob_ioctl", true, "unruly.so+0x" },
	{ UNRULY_SPIN, "warn", "oob_ioctl", true, "unruly.so+0x" },
	{ UNRULY_SPIN_FOR, "warn", "oob_ioctl", true, "unruly.so+0x" },
	{ UNRULY_SPIN_TIMER, "warn", "timer function", false, "unruly.so+0x" },
	{ UNRULY_HANG, "off", "oob_ioctl", true, "unruly.so+0x" },
	{ UNRULY_HANG, "warn", "oob_ioctl", true, "evl-oob/0 for" },
};

#define NR_HOGS (int)(sizeof(hogs) / sizeof(hogs[0]))

/* Twice, since it is once for each time. */
START_TEST(who_keeps_a_worker_is_told_of_with_place_and_remedy)
{
	char rule[32], who[128];
	struct hog hog;

	daemon_rules_broken = true;
	snprintf(rule, sizeof(rule), "--golden-rule=%s", hogs[_i].rule);
	start("--watchdog-ms=50", rule);
	if (hogs[_i].named)
		snprintf(who, sizeof(who),
			 "watchdog: driver unruly: its %s (command %#x) for "
			 "hog-%d[",
			 hogs[_i].op, hogs[_i].cmd, getpid());
	else
		snprintf(who, sizeof(who), "watchdog: driver unruly: its %s ",
			 hogs[_i].op);

	for (unsigned int i = 1; i <= 2; i++) {
		begin(&hog, hogs[_i].cmd);
		while (daemon_nr_said(&test_daemon, "has kept evl-oob/0 for") <
		       i)
			sched_yield();
		ck_assert_int_eq(ioctl(fd, UNRULY_STOP, 0L), 0);
		end(&hog);
		while (daemon_nr_said(&test_daemon,
				      "gave evl-oob/0 back after") < i)
			sched_yield();
		ck_assert_uint_eq(nr_hogs(NULL), i);
		/* In both lines. */
		ck_assert_uint_eq(daemon_nr_said(&test_daemon, who), 2 * i);
		ck_assert_uint_eq(daemon_nr_said(&test_daemon,
						 hogs[_i].named
							 ? "--oob-cpus"
							 : "irq_work do it"),
				  i);
		ck_assert_uint_ge(daemon_nr_said(&test_daemon, hogs[_i].place),
				  i);
	}
}
END_TEST

/* In the middle of one of its system calls, which has been let pass. */
START_TEST(a_sleeper_known_for_its_call_is_not_disturbed)
{
	struct hog hog;

	daemon_rules_broken = true;
	start("--watchdog-ms=50", "--golden-rule=warn");
	begin(&hog, UNRULY_HANG);
	await_said("has kept evl-oob/0 for");
	ck_assert_int_eq(ioctl(fd, UNRULY_STOP, 0L), 0);
	end(&hog);
	ck_assert(daemon_said(&test_daemon,
			      "in the system call clock_nanosleep"));
}
END_TEST

/* In the order of their starts: each process has a worker of its own. */
static int stop_from_other_worker(void *arg)
{
	int *pipe_fds = arg;
	char byte;

	if (evl_attach_self("stopper-%d", getpid()) < 0 ||
	    oob_ioctl(fd, UNRULY_COPY, &byte) < 0 ||
	    write(pipe_fds[1], "", 1) != 1 || read(pipe_fds[0], &byte, 1) != 1)
		return 1;

	return oob_ioctl(fd, UNRULY_STOP, 0L) ? 2 : 0;
}

static int lock_in_band(void *arg)
{
	return ioctl(fd, UNRULY_LOCK, 0L) ? 1 : 0;
}

START_TEST(it_is_told_even_if_the_in_band_stage_has_to_wait)
{
	int there[2], back[2], ends[2];
	pid_t stopper, locker;
	struct hog hog;
	char byte = 0;

	start("--watchdog-ms=50", "--oob-cpus=0,1");
	ck_assert_int_eq(pipe(there), 0);
	ck_assert_int_eq(pipe(back), 0);
	ends[0] = there[0];
	ends[1] = back[1];
	/* Its channel first, for the other one to get another worker. */
	stopper = child_start(stop_from_other_worker, ends);
	ck_assert_int_eq(read(back[0], &byte, 1), 1);

	begin(&hog, UNRULY_SPIN_LOCK);
	await_said("has kept evl-oob/");
	locker = child_start(lock_in_band, NULL);
	/* Nobody in-band answers from now on. */
	wait_until_asleep(test_daemon.pid, test_daemon.pid);
	ck_assert_int_eq(write(there[1], &byte, 1), 1);
	ck_assert_int_eq(child_wait(stopper), 0);
	end(&hog);
	ck_assert_int_eq(child_wait(locker), 0);
}
END_TEST

static long nr_looks(void)
{
	return thread_status(test_daemon.pid, "evl-watch",
			     "voluntary_ctxt_switches:");
}

/* Until the watchdog has looked that often. */
static void await_looks(long nr)
{
	long before = nr_looks();

	while (nr_looks() < before + nr)
		sched_yield();
}

static const char *const modes[] = { "--spin=never", "--spin=always" };

/* Requests come and go, the worker sleeps or spins in between. */
START_TEST(a_worker_that_serves_or_waits_is_fine)
{
	int other;

	start("--watchdog-ms=100", modes[_i]);
	other = open(node_path("loopback"), O_RDWR);
	ck_assert_int_ge(evl_attach_self("client-%d", getpid()), 0);
	for (int i = 0; i < 2000; i++)
		ck_assert_int_eq(oob_ioctl(other, LOOPBACK_IOC_NOP, 0L), 0);
	await_looks(20);
	ck_assert_int_eq(oob_ioctl(other, LOOPBACK_IOC_NOP, 0L), 0);
	ck_assert_uint_eq(nr_hogs(NULL), 0);
	ck_assert(!daemon_said(&test_daemon, "has kept"));
}
END_TEST

START_TEST(without_it_nobody_looks)
{
	unsigned int nr_threads;
	uint32_t watched;

	start("--watchdog-ms=0", "--golden-rule=off");
	nr_hogs(&watched);
	ck_assert_uint_eq(watched, 0);
	nr_threads = daemon_usage(&test_daemon).nr_threads;
	daemon_teardown();

	start("--watchdog-ms=1000", "--golden-rule=off");
	nr_hogs(&watched);
	ck_assert_uint_eq(watched, CONTROL_WATCH_HOGS);
	ck_assert_uint_eq(daemon_usage(&test_daemon).nr_threads,
			  nr_threads + 1);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), NULL,
				  daemon_teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/hog");

	if (CALLS_WATCHED && !daemon_can_watch())
		return 77;

	add(suite, "told", who_keeps_a_worker_is_told_of_with_place_and_remedy,
	    NR_HOGS);
	if (CALLS_WATCHED)
		add(suite, "asleep",
		    a_sleeper_known_for_its_call_is_not_disturbed, 1);
	add(suite, "lock", it_is_told_even_if_the_in_band_stage_has_to_wait, 1);
	add(suite, "fine", a_worker_that_serves_or_waits_is_fine, 2);
	add(suite, "none", without_it_nobody_looks, 1);

	return suite_run(suite);
}
