/* SPDX-License-Identifier: MIT */
/*
 * Many at once: processes which have a descriptor each, and descriptors which
 * one process has. Each reaches its own file, and little is kept for it. How
 * long that takes says evl-bench.
 */
#include "daemon.h"
#include "endure.h"
#include "who-fd.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED    1
#define NR_PROCESSES 100 /* each of them is slow to start, and large */
#else
#define SANITIZED    0
#define NR_PROCESSES 1000
#endif
#define NR_FILES      10000
#define OTHER_FILES   1000 /* what else a process has, and more */
#define BYTES_A_BOUND 200

static int attach(void)
{
	int ret = evl_init();

	if (ret)
		return ret;
	/* The machine may be too small for all of that times a thousand. */
	munlockall();

	return evl_attach_self("many:%d", getpid());
}

/* An exit status: where it failed. */
static int be_one_of_many(int ready_fd, int go_fd)
{
	int64_t number;
	char byte = 0;
	int fd;

	if (attach() < 0)
		return 1;
	fd = open(node_path("who"), O_RDWR | O_CLOEXEC);
	number = fd < 0 ? -EBADF : is(fd);
	if (number <= 0)
		return 2;
	if (reached(fd) != number)
		return 3;

	if (write(ready_fd, &byte, 1) != 1 || read(go_fd, &byte, 1) != 0)
		return 4;
	/* All others do so at the same time. */
	for (int i = 0; i < 10; i++)
		if (reached(fd) != number)
			return 5;

	return is(fd) == number ? 0 : 6;
}

/* Returns when it is ready, and waits for the others. */
static pid_t start_one(const int go[2])
{
	int ready[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		close(ready[0]);
		close(go[1]);
		_exit(be_one_of_many(ready[1], go[0]));
	}
	close(ready[1]);
	ck_assert_msg(read(ready[0], &byte, 1) == 1, "process %d: status %d",
		      pid, child_wait(pid));
	close(ready[0]);

	return pid;
}

START_TEST(processes_reach_their_own_files)
{
	static pid_t pids[NR_PROCESSES];
	struct control_daemon_info info;
	int go[2];

	ck_assert_int_eq(pipe(go), 0);
	for (int i = 0; i < NR_PROCESSES; i++)
		pids[i] = start_one(go);

	info = raw_daemon_info();
	ck_assert_uint_eq(info.nr_threads, NR_PROCESSES);
	/* The file, and the thread's own element. */
	ck_assert_uint_eq(info.nr_bound, 2 * NR_PROCESSES);

	close(go[1]);
	for (int i = 0; i < NR_PROCESSES; i++)
		ck_assert_int_eq(child_wait(pids[i]), 0);
	close(go[0]);
	endure_await_quiet();
	endure_check_service();
}
END_TEST

/* NR_FILES, or what the machine allows. */
static int raise_limit(void)
{
	struct rlimit limit;
	int room;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	if (limit.rlim_max >= NR_FILES + OTHER_FILES)
		return NR_FILES;

	ck_assert_uint_gt(limit.rlim_max, OTHER_FILES);
	room = (int)limit.rlim_max - OTHER_FILES;
	printf("%d files instead of %d: RLIMIT_NOFILE is %lu\n", room, NR_FILES,
	       (unsigned long)limit.rlim_max);

	return room;
}

static int open_many(void *arg)
{
	static int64_t numbers[NR_FILES];
	static int fds[NR_FILES];
	int count = raise_limit();

	if (attach() < 0)
		return 1;
	for (int i = 0; i < count; i++) {
		fds[i] = open(node_path("who"), O_RDWR | O_CLOEXEC);
		if (fds[i] < 0)
			return 2;
		numbers[i] = is(fds[i]);
		/* Each open has a larger one. */
		if (numbers[i] <= (i ? numbers[i - 1] : 0))
			return 3;
	}
	for (int i = count - 1; i >= 0; i--)
		if (reached(fds[i]) != numbers[i])
			return 4;
	if (raw_daemon_info().nr_bound != (unsigned int)count + 1)
		return 5;

	/* It leaves all of them to the end of the process. */
	return 0;
}

START_TEST(ten_thousand_files_of_one_process_are_told_apart)
{
	ck_assert_int_eq(child_wait(child_start(open_many, NULL)), 0);
	endure_await_quiet();
	endure_check_service();
}
END_TEST

static long duplicate(int *fds, int count)
{
	int64_t number = is(fds[0]);
	long before = daemon_usage(&test_daemon).anon_kb, after;

	for (int i = 1; i <= count; i++) {
		fds[i] = dup(fds[0]);
		ck_assert_int_ge(fds[i], 0);
	}
	after = daemon_usage(&test_daemon).anon_kb;
	ck_assert_uint_eq(raw_daemon_info().nr_bound, (unsigned int)count + 2);
	for (int i = 0; i <= count; i++)
		ck_assert_int_eq(reached(fds[i]), number);

	return after - before;
}

START_TEST(a_bound_descriptor_costs_the_daemon_few_bytes)
{
	static int fds[NR_FILES + 1];
	int count = raise_limit();
	long first_kb, second_kb;

	ck_assert_int_ge(attach(), 0);
	fds[0] = open_who();
	ck_assert_int_gt(reached(fds[0]), 0);

	first_kb = duplicate(fds, count);
	/* Those of the library, in between, stay. */
	ck_assert_int_eq(
		close_range((unsigned int)fds[1], (unsigned int)fds[count], 0),
		0);
	ck_assert_uint_eq(raw_daemon_info().nr_bound, 2);
	second_kb = duplicate(fds, count);
	for (int i = 0; i <= count; i++)
		ck_assert_int_eq(close(fds[i]), 0);
	ck_assert_uint_eq(raw_daemon_info().nr_bound, 1);

	/* Sanitizers' allocators keep what was freed, and more about it. */
	if (!SANITIZED) {
		ck_assert_int_lt(first_kb * 1024 / count, BYTES_A_BOUND);
		ck_assert_int_lt(second_kb * 1024 / count, BYTES_A_BOUND / 4);
	}
	ck_assert_int_eq(evl_detach_self(), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/many");
	TCase *tcase = tcase_create("many");

	tcase_add_checked_fixture(tcase, endure_setup_who, endure_teardown);
	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, processes_reach_their_own_files);
	tcase_add_test(tcase, ten_thousand_files_of_one_process_are_told_apart);
	tcase_add_test(tcase, a_bound_descriptor_costs_the_daemon_few_bytes);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
