/* SPDX-License-Identifier: MIT */
/*
 * evl-bench beside a worker which never sleeps, and could keep evl-bench's own
 * partners, on the same CPU, from running for ever: it measures, and it ends.
 * And what it says of the daemon's memory.
 */
#include "daemon.h"
#include "endure.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int out_fd;

static void start(const char *option, const char *value)
{
	const char *const args[] = { "--driver", getenv("EVL_LOOPBACK"),
				     "--spin",	 "always",
				     option,	 value,
				     NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	out_fd = memfd_create("out", MFD_CLOEXEC);
	/* What it leaves behind becomes ours. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
}

static void setup(void)
{
	start(NULL, NULL);
}

/* In a process group of its own, to which its partners belong. @last may be
 * NULL. */
static pid_t run_with(const char *what, const char *option,
		      const char *nr_samples, const char *last)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		setpgid(0, 0);
		dup2(out_fd, STDOUT_FILENO);
		dup2(out_fd, STDERR_FILENO);
		execl(getenv("EVL_BENCH"), "evl-bench", what, option, "-n",
		      nr_samples, last, NULL);
		_exit(127);
	}
	setpgid(pid, pid);

	return pid;
}

static pid_t run(const char *what, const char *option, const char *nr_samples)
{
	return run_with(what, option, nr_samples, NULL);
}

static pid_t run_bench(const char *nr_samples)
{
	return run("rtt", "--json", nr_samples);
}

static bool said(const char *text)
{
	static char buf[16384];
	ssize_t len = pread(out_fd, buf, sizeof(buf) - 1, 0);

	buf[len > 0 ? len : 0] = '\0';

	return strstr(buf, text) != NULL;
}

START_TEST(it_measures)
{
	pid_t pid = run_bench("500");

	ck_assert_int_eq(child_wait(pid), 0);
	ck_assert(said("floor_futex"));
	ck_assert(said("oob_write_64"));
	ck_assert_int_eq(kill(-pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

/* By a daemon of its own, with another driver. */
START_TEST(it_measures_wakeups)
{
	pid_t pid = run("wakeup", "--start", "200");

	ck_assert_int_eq(child_wait(pid), 0);
	ck_assert(said("bare_thread"));
	ck_assert(said("kthread/bare_thread"));
	ck_assert(said("ratios are of p99"));
	ck_assert(said("up to us"));
	ck_assert_int_eq(kill(-pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(it_says_which_driver_it_lacks)
{
	ck_assert_int_eq(child_wait(run("wakeup", "--json", "200")), 4);
	ck_assert(said("wakeup.so"));
}
END_TEST

START_TEST(it_ends_when_told_to)
{
	pid_t pid = run_bench("1000000");

	endure_await_served(pid);
	kill(pid, SIGTERM);
	ck_assert_int_eq(child_wait(pid), 128 + SIGTERM);
	ck_assert_int_eq(kill(-pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(partners_go_when_it_is_killed)
{
	pid_t pid = run_bench("1000000");

	endure_await_served(pid);
	kill(pid, SIGKILL);
	while (waitpid(-pid, NULL, 0) > 0)
		;
	ck_assert_int_eq(errno, ECHILD);
}
END_TEST

/* Sanitizers' workers are not SCHED_FIFO, their allocators are others. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static const struct {
	const char *what, *option, *figure;
} sized[] = {
	/* More than fit into what malloc() kept of the start. */
	{ "files", "--count=4000", "bytes/bound" },
	{ "processes", "--count=100", "bytes/other" },
};

/* What it said behind the name of @figure. */
static const char *told_of(const char *figure)
{
	static char buf[16384];
	ssize_t len = pread(out_fd, buf, sizeof(buf) - 1, 0);
	char *found;

	buf[len > 0 ? len : 0] = '\0';
	found = strstr(buf, figure);
	ck_assert_ptr_nonnull(found);
	found += strlen(figure);

	return found + strspn(found, " ");
}

/* By who has bound as many before. */
START_TEST(memory_that_was_there_is_not_measured)
{
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(ftruncate(out_fd, 0), 0);
		ck_assert_int_eq(lseek(out_fd, 0, SEEK_SET), 0);
		ck_assert_int_eq(child_wait(run(sized[_i].what,
						sized[_i].option, "200")),
				 0);
		if (i == 0)
			ck_assert_int_gt(atol(told_of(sized[_i].figure)), 50);
		else
			ck_assert_int_eq(strncmp(told_of(sized[_i].figure),
						 "not measured", 12),
					 0);
	}
}
END_TEST

START_TEST(it_measures_sleepers)
{
	pid_t pid = run_with("sleepers", "--start", "200", "--count=1000");

	ck_assert_int_eq(child_wait(pid), 0);
	ck_assert(said("queue_many/queue_few"));
	ck_assert(said("bytes/sleeper"));
	ck_assert_int_eq(kill(-pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

/* Nobody is above that. */
START_TEST(it_says_so_where_partners_cannot_run)
{
	pid_t pid;

	start("--oob-priority", "99");
	pid = run_bench("500");
	ck_assert_int_eq(child_wait(pid), 1);
	ck_assert(said("lower --oob-priority"));
	ck_assert_int_eq(kill(-pid, 0), -1);
	ck_assert_int_eq(errno, ESRCH);
}
END_TEST

static void add_unsanitized(Suite *suite)
{
	TCase *tcase = tcase_create("memory");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, it_measures_sleepers);
	tcase_add_loop_test(tcase, memory_that_was_there_is_not_measured, 0, 2);
	suite_add_tcase(suite, tcase);

	/* One CPU has no worker that spins, and only root may be so urgent. */
	if (geteuid() || sysconf(_SC_NPROCESSORS_ONLN) < 2)
		return;

	tcase = tcase_create("the highest priority");
	tcase_add_checked_fixture(tcase, NULL, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, it_says_so_where_partners_cannot_run);
	suite_add_tcase(suite, tcase);
}
#else
static void add_unsanitized(Suite *suite)
{
}
#endif

int main(void)
{
	Suite *suite = suite_create("system/bench");
	TCase *tcase = tcase_create("bench");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, it_measures);
	tcase_add_test(tcase, it_measures_wakeups);
	tcase_add_test(tcase, it_says_which_driver_it_lacks);
	tcase_add_loop_test(tcase, it_ends_when_told_to, 0, 5);
	tcase_add_loop_test(tcase, partners_go_when_it_is_killed, 0, 5);
	suite_add_tcase(suite, tcase);
	add_unsanitized(suite);

	return suite_run(suite);
}
