/* SPDX-License-Identifier: MIT */
/* Drivers with threads of their own (drivers/threads.c, drivers/forgetful.c). */
#include "daemon.h"
#include "drivers/threads.h"
#include "endure.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR_READERS 8
#define NR_READS   200
#define NOWHERE	   (-2) /* no CPU, be workers pinned or not */

static int fd;

static void start(const char *option, const char *value)
{
	const char *const args[] = {
		"--driver", getenv("EVL_THREADS"), option, value, NULL,
	};
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	endure_watch();
	ck_assert_int_ge(evl_attach_self("test:%d", getpid()), 0);
	fd = open(node_path("threads"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

static void setup(void)
{
	start(NULL, NULL);
}

/* How many answers were right. */
static int read_many(int file)
{
	struct threads_io io = { .value = 0 };
	int count = 0;

	for (int i = 0; i < NR_READS; i++) {
		io.value = (__u64)(unsigned int)getpid() * 1000 + (__u64)i;
		io.answer = 0;
		if (oob_read(file, &io, sizeof(io)) == sizeof(io) &&
		    io.answer == 2 * io.value)
			count++;
	}

	return count;
}

START_TEST(a_kernel_thread_answers_readers)
{
	ck_assert_int_eq(read_many(fd), NR_READS);
}
END_TEST

static void *read_in_thread(void *arg)
{
	if (evl_attach_self("reader:%d:%p", getpid(), arg) < 0)
		return NULL;
	*(int *)arg = read_many(fd);

	return NULL;
}

START_TEST(it_answers_many_at_once)
{
	pthread_t threads[NR_READERS];
	int counts[NR_READERS] = { 0 };

	for (int i = 0; i < NR_READERS; i++)
		pthread_create(&threads[i], NULL, read_in_thread, &counts[i]);
	for (int i = 0; i < NR_READERS; i++) {
		pthread_join(threads[i], NULL);
		ck_assert_int_eq(counts[i], NR_READS);
	}
}
END_TEST

/* The one worker runs both, and the handler is the more urgent one. */
START_TEST(a_handler_waits_politely_for_a_kernel_thread)
{
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(oob_ioctl(fd, THREADS_IOC_WAIT_POLITELY), 0);
}
END_TEST

START_TEST(so_does_a_kernel_thread_for_handlers_of_both_stages)
{
	__u64 count;

	for (__u64 i = 0; i < 100; i++) {
		ck_assert_int_eq(oob_ioctl(fd, THREADS_IOC_LET_GO, &count), 0);
		ck_assert_uint_eq(count, 2 * i + 1);
		ck_assert_int_eq(ioctl(fd, THREADS_IOC_LET_GO, &count), 0);
		ck_assert_uint_eq(count, 2 * i + 2);
	}
}
END_TEST

static void setup_two_workers(void)
{
	start("--oob-cpus", "0,1");
}

/* Of several workers kernel threads have the last one, the first client the
 * first. */
START_TEST(with_two_workers_a_handler_may_even_wait_rudely)
{
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(oob_ioctl(fd, THREADS_IOC_WAIT_RUDELY), 0);
}
END_TEST

START_TEST(a_thread_with_a_period_goes_on)
{
	__u64 first, now;

	ck_assert_int_eq(ioctl(fd, THREADS_IOC_PERIODS, &first), 0);
	do
		ck_assert_int_eq(ioctl(fd, THREADS_IOC_PERIODS, &now), 0);
	while (now < first + 5);
}
END_TEST

START_TEST(threads_are_stopped_and_started)
{
	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(ioctl(fd, THREADS_IOC_START), -1);
		ck_assert_int_eq(errno, EBUSY);
		if (i % 2)
			ck_assert_int_eq(ioctl(fd, THREADS_IOC_STOP), 0);
		else
			ck_assert_int_eq(oob_ioctl(fd, THREADS_IOC_STOP), 0);
		ck_assert_int_eq(ioctl(fd, THREADS_IOC_START), 0);
	}
}
END_TEST

/* Which is why some drivers that chose a CPU do not load: the log says so. */
START_TEST(none_starts_where_there_is_no_worker)
{
	ck_assert_int_eq(ioctl(fd, THREADS_IOC_STOP), 0);
	ck_assert_fails(ioctl(fd, THREADS_IOC_START_ON, NOWHERE), EINVAL);
	ck_assert(daemon_said(&test_daemon,
			      "driver threads wants a thread on a CPU without "
			      "a worker: start evl-cused with --oob-cpus"));
	ck_assert_int_eq(ioctl(fd, THREADS_IOC_START), 0);
}
END_TEST

START_TEST(a_public_one_is_a_name_among_threads)
{
	int efd;

	ck_assert_int_eq(access(node_path("evl/thread/server"), F_OK), 0);
	ck_assert_int_eq(access(node_path("evl/thread/looker"), F_OK), -1);
	efd = open(node_path("evl/thread/server"), O_RDWR);
	ck_assert_int_ge(efd, 0);
	close(efd);

	/* Names of private ones are taken as well. */
	ck_assert_int_eq(evl_detach_self(), 0);
	ck_assert_int_eq(evl_attach_self("server"), -EEXIST);
	ck_assert_int_eq(evl_attach_self("looker"), -EEXIST);
	ck_assert_int_ge(evl_attach_self("waiter"), 0);
	ck_assert_int_eq(ioctl(fd, THREADS_IOC_STOP), 0);
	ck_assert_int_eq(evl_detach_self(), 0);
	ck_assert_int_ge(evl_attach_self("sleeper"), 0);
	ck_assert_int_eq(ioctl(fd, THREADS_IOC_START), -1);
	ck_assert_int_eq(errno, EEXIST);
}
END_TEST

static struct control_thread_info ask(const char *name)
{
	return raw_record(CONTROL_TABLE_THREADS,
			  offsetof(struct control_thread_info, name), name)
		.u.thread_info;
}

START_TEST(tools_are_told_of_them)
{
	struct control_thread_info info = ask("server");
	char self[64];

	ck_assert_uint_eq(info.kernel, 1);
	ck_assert_int_eq(info.prio, 50);
	ck_assert_int_eq(info.pid, 0);
	ck_assert_uint_gt(info.stack_used, 0);
	ck_assert_str_eq(info.driver, "threads");
	while (info.state != CONTROL_KTHREAD_WAITING)
		info = ask("server");
	ck_assert_uint_eq(ask("looker").state, CONTROL_KTHREAD_READY);
	ck_assert_int_eq(ask("clearer").prio, 0);

	snprintf(self, sizeof(self), "test:%d", getpid());
	info = ask(self);
	ck_assert_uint_eq(info.kernel, 0);
	ck_assert_int_eq(info.pid, getpid());
	ck_assert_str_eq(info.driver, "");
}
END_TEST

/* Mutexes, from one process to another. */

enum { TELL, ASK, NR_ENDS };

/* A process which locks the mutex, says so, and then does what @arg says. */
static int lock_and(void *arg)
{
	const int *job = arg; /* { detach, the pipe's end } */
	char byte = 0;
	int file;

	if (evl_attach_self("owner:%d", getpid()) < 0)
		return 1;
	file = open(node_path("threads"), O_RDWR);
	if (file < 0 || oob_ioctl(file, THREADS_IOC_LOCK))
		return 2;
	if (job[0] && evl_detach_self())
		return 3;
	if (write(job[1], &byte, 1) != 1)
		return 4;
	pause();

	return 5;
}

static pid_t start_owner(bool detach)
{
	int ends[NR_ENDS], job[2];
	char byte;
	pid_t pid;

	ck_assert_int_eq(pipe(ends), 0);
	job[0] = detach;
	job[1] = ends[1];
	pid = child_start(lock_and, job);
	close(ends[1]);
	ck_assert_int_eq(read(ends[0], &byte, 1), 1);
	close(ends[0]);

	return pid;
}

static int lock(void)
{
	errno = 0;

	return oob_ioctl(fd, THREADS_IOC_LOCK) ? errno : 0;
}

START_TEST(a_killed_owner_is_told_of_once)
{
	pid_t pid = start_owner(false);

	kill(pid, SIGKILL);
	child_wait(pid);
	ck_assert_int_eq(lock(), EOWNERDEAD);
	ck_assert_int_eq(lock(), 0);
	ck_assert_int_eq(lock(), EDEADLK);
	ck_assert_int_eq(oob_ioctl(fd, THREADS_IOC_UNLOCK), 0);
	ck_assert_int_eq(lock(), 0);
}
END_TEST

static int lock_in_thread_ret;

static void *lock_in_thread(void *arg)
{
	*(_Atomic(pid_t) *)arg = gettid();
	if (evl_attach_self("waiter:%d", getpid()) < 0)
		return NULL;
	lock_in_thread_ret = lock();

	return NULL;
}

START_TEST(so_is_who_waits_for_it)
{
	pid_t pid = start_owner(false);
	_Atomic(pid_t) tid = 0;
	pthread_t thread;

	pthread_create(&thread, NULL, lock_in_thread, &tid);
	while (tid == 0)
		sched_yield();
	endure_await_busy(tid);
	kill(pid, SIGKILL);
	child_wait(pid);
	pthread_join(thread, NULL);
	ck_assert_int_eq(lock_in_thread_ret, EOWNERDEAD);
	ck_assert_int_eq(lock(), 0);
}
END_TEST

START_TEST(who_detaches_gives_it_back)
{
	pid_t pid = start_owner(true);

	ck_assert_int_eq(lock(), 0);
	kill(pid, SIGKILL);
	child_wait(pid);
	ck_assert_int_eq(lock(), EDEADLK);
}
END_TEST

/* The end of drivers which forget their threads. */

static void start_forgetful(const char *driver)
{
	const char *const args[] = { "--driver", getenv(driver), NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

START_TEST(a_forgotten_thread_is_stopped_and_named)
{
	start_forgetful("EVL_FORGETFUL");
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	ck_assert(daemon_said(&test_daemon, "forgetful left its kernel thread "
					    "forgotten behind"));
}
END_TEST

START_TEST(one_that_does_not_end_is_named_too)
{
	start_forgetful(_i ? "EVL_FORGETFUL_RUDE" : "EVL_FORGETFUL_ENDLESS");
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	ck_assert(daemon_said(&test_daemon, "its kernel thread endless does "
					    "not end"));
	if (_i)
		ck_assert(daemon_said(&test_daemon,
				      "worker evl-oob/0 does not end"));
}
END_TEST

static void teardown_stopped(void)
{
	daemon_clean(&test_daemon);
}

int main(void)
{
	Suite *suite = suite_create("system/kthread");
	TCase *tcase = tcase_create("threads");

	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_kernel_thread_answers_readers);
	tcase_add_test(tcase, it_answers_many_at_once);
	tcase_add_test(tcase, a_handler_waits_politely_for_a_kernel_thread);
	tcase_add_test(tcase,
		       so_does_a_kernel_thread_for_handlers_of_both_stages);
	tcase_add_test(tcase, a_thread_with_a_period_goes_on);
	tcase_add_test(tcase, threads_are_stopped_and_started);
	tcase_add_test(tcase, none_starts_where_there_is_no_worker);
	tcase_add_test(tcase, a_public_one_is_a_name_among_threads);
	tcase_add_test(tcase, tools_are_told_of_them);
	tcase_add_test(tcase, a_killed_owner_is_told_of_once);
	tcase_add_test(tcase, so_is_who_waits_for_it);
	tcase_add_test(tcase, who_detaches_gives_it_back);
	suite_add_tcase(suite, tcase);

	/* One CPU has one worker. */
	tcase = tcase_create("two workers");
	tcase_add_checked_fixture(tcase, setup_two_workers, endure_teardown);
	tcase_set_timeout(tcase, 60);
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		tcase_add_test(tcase,
			       with_two_workers_a_handler_may_even_wait_rudely);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("forgotten");
	tcase_add_checked_fixture(tcase, NULL, teardown_stopped);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_forgotten_thread_is_stopped_and_named);
	tcase_add_loop_test(tcase, one_that_does_not_end_is_named_too, 0, 2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
