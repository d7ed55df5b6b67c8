/* SPDX-License-Identifier: MIT */
/*
 * A driver which breaks the golden rule in every way: what becomes of its calls,
 * what the log and the tables say, and that nobody else has to suffer. System
 * calls are watched in builds without a sanitizer only, services always.
 */
#include "daemon.h"
#include "drivers/unruly.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WATCHED false
#else
#define WATCHED true
#endif

#define MUCH 40000 /* more than the shared memory takes in one piece */

static int fd;
static char bytes[8];

/* With @rule, NULL for the default, and perhaps a further argument. */
static void start(const char *rule, const char *further)
{
	const char *args[8] = { "--driver", getenv("EVL_UNRULY"), "--driver",
				getenv("EVL_LOOPBACK") };
	int argc = 4, status;
	char option[32];

	if (rule) {
		snprintf(option, sizeof(option), "--golden-rule=%s", rule);
		args[argc++] = option;
	}
	args[argc] = further;
	daemon_rules_broken = true;
	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_ge(evl_attach_self("unruly-%d", getpid()), 0);
	fd = open(node_path("unruly"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

static int unruly(unsigned int cmd)
{
	return oob_ioctl(fd, cmd, 0L);
}

/* Does the log tell once that its @op made the system call @name? */
static void check_told(const char *op, const char *name, bool refused)
{
	char text[128];

	snprintf(text, sizeof(text),
		 "golden rule: driver unruly: its %s made the system call "
		 "%s%s: ",
		 op, name, refused ? ", which was refused" : "");
	ck_assert_msg(daemon_nr_said(&test_daemon, text) == 1, "%s", text);
}

static void check_ioctl_told(unsigned int cmd, const char *name, bool refused)
{
	char op[64];

	snprintf(op, sizeof(op), "oob_ioctl (command %#x)", cmd);
	check_told(op, name, refused);
}

static const struct {
	unsigned int cmd;
	const char *name;
	int error; /* under enforce; 0: it is not refused */
} syscalls[] = {
	{ UNRULY_OPEN, "openat", EPERM },
	{ UNRULY_PRINTF, "write", EPERM },
	{ UNRULY_STDERR, "write", 0 },
	{ UNRULY_NANOSLEEP, "clock_nanosleep", EPERM },
	{ UNRULY_MALLOC, "mmap", ENOMEM },
	{ UNRULY_BRK, "brk", ENOMEM },
	{ UNRULY_THREAD, "mmap", EPERM },
	{ UNRULY_STALE, "write", EPERM },
};

#define NR_SYSCALLS (int)(sizeof(syscalls) / sizeof(syscalls[0]))

static int make_call(int i)
{
	/* One of them wakes the in-band stage. */
	wait_until_asleep(test_daemon.pid, test_daemon.pid);

	return unruly(syscalls[i].cmd);
}

START_TEST(system_calls_are_told_and_made_under_warn)
{
	uint64_t first;

	start(_i % 2 ? "warn" : NULL, NULL);
	ck_assert_int_eq(make_call(_i / 2), 0);
	if (!WATCHED)
		return;

	check_ioctl_told(syscalls[_i / 2].cmd, syscalls[_i / 2].name, false);
	first = raw_driver_info("unruly").nr_syscalls;
	ck_assert_uint_gt(first, 0);
	/* Counted each time, told once. */
	ck_assert_int_eq(make_call(_i / 2), 0);
	check_ioctl_told(syscalls[_i / 2].cmd, syscalls[_i / 2].name, false);
	ck_assert_uint_gt(raw_driver_info("unruly").nr_syscalls, first);
	/* A thread which one of them made did that. */
	ck_assert(!daemon_said(&test_daemon, "sched_yield"));
}
END_TEST

START_TEST(system_calls_fail_under_enforce)
{
	int error = syscalls[_i].error;

	start("enforce", NULL);
	for (int i = 0; i < 3; i++) {
		if (error)
			ck_assert_fails(make_call(_i), error);
		else
			ck_assert_int_eq(make_call(_i), 0);
	}
	check_ioctl_told(syscalls[_i].cmd, syscalls[_i].name, error != 0);
	ck_assert_uint_ge(raw_driver_info("unruly").nr_syscalls, 3);
	/* Nobody was hurt. */
	ck_assert_int_eq(oob_ioctl(fd, UNRULY_COPY, bytes), 0);
	ck_assert_int_eq(oob_ioctl(fd, UNRULY_MUTEX_LOCK, 0L), 0);
}
END_TEST

START_TEST(nothing_is_told_nor_counted_when_off)
{
	struct control_driver_info info;

	start("off", NULL);
	for (int i = 0; i < NR_SYSCALLS; i++)
		ck_assert_int_eq(make_call(i), 0);
	ck_assert_int_eq(unruly(UNRULY_KMALLOC), 0);
	ck_assert_int_eq(unruly(UNRULY_MUTEX_LOCK), 0);

	info = raw_driver_info("unruly");
	ck_assert_uint_eq(info.watched & (CONTROL_WATCH_SERVICES |
					  CONTROL_WATCH_SYSCALLS),
			  0);
	ck_assert_uint_eq(info.nr_syscalls + info.nr_memory + info.nr_waits, 0);
	ck_assert(!daemon_said(&test_daemon, "golden rule"));
}
END_TEST

/* A timer's function, and each handler. */
START_TEST(the_log_names_who_did_it)
{
	const char *rule = _i ? "enforce" : "warn";
	struct evl_poll_event event;
	int pfd;

	start(rule, NULL);
	if (_i) {
		ck_assert_fails(oob_read(fd, bytes, 8), EPERM);
		ck_assert_fails(oob_write(fd, bytes, 8), EPERM);
	} else {
		ck_assert_int_eq(oob_read(fd, bytes, 8), 0);
		ck_assert_int_eq(oob_write(fd, bytes, 8), 8);
	}
	ck_assert_int_eq(unruly(UNRULY_TIMER), 0);
	pfd = evl_new_poll();
	ck_assert_int_ge(pfd, 0);
	ck_assert_int_eq(evl_add_pollfd(pfd, fd, POLLIN, evl_nil), 0);
	ck_assert_int_eq(evl_poll(pfd, &event, 1), 1);

	check_told("oob_read", "sched_yield", _i);
	check_told("oob_write", "sched_yield", _i);
	check_told("timer function", "sched_yield", _i);
	check_told("oob_poll", "sched_yield", _i);
	ck_assert_uint_eq(raw_driver_info("unruly").nr_syscalls, 4);
}
END_TEST

static void *lock_oob(void *arg)
{
	if (evl_attach_self("locker-%d", getpid()) < 0)
		return arg;

	return oob_ioctl(fd, UNRULY_PTHREAD, 0L) ? arg : NULL;
}

/* glibc would end the daemon if its futex failed. The in-band stage goes on
 * meanwhile, and lets go of the lock. */
START_TEST(a_pthread_mutex_is_waited_for_in_any_case)
{
	pthread_t thread;
	void *failed;

	start(_i ? "enforce" : "warn", NULL);
	ck_assert_int_eq(ioctl(fd, UNRULY_PTHREAD, 1L), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, lock_oob, &fd), 0);
	if (WATCHED)
		while (!daemon_said(&test_daemon, "the system call futex"))
			sched_yield();
	else
		wait_until_asleep(test_daemon.pid,
				  (pid_t)thread_status(test_daemon.pid,
						       "evl-oob/0", "Pid:"));
	ck_assert_int_eq(ioctl(fd, UNRULY_PTHREAD, 2L), 0);
	ck_assert_int_eq(pthread_join(thread, &failed), 0);
	ck_assert_ptr_null(failed);
	if (WATCHED)
		check_ioctl_told(UNRULY_PTHREAD, "futex", false);
}
END_TEST

static const struct {
	unsigned int cmd;
	bool memory;
	const char *name;
} services[] = {
	{ UNRULY_KMALLOC, true, "kmalloc" },
	{ UNRULY_PAGES, true, "alloc_pages" },
	{ UNRULY_MUTEX_LOCK, false, "mutex_lock" },
	{ UNRULY_DOWN, false, "down" },
	{ UNRULY_COMPLETION, false, "wait_for_completion" },
	{ UNRULY_WAIT_EVENT, false, "wait_event" },
	{ UNRULY_MSLEEP, false, "msleep" },
};

#define NR_SERVICES (int)(sizeof(services) / sizeof(services[0]))

/* What malloc() asks of the kernel for them is not counted once more. */
START_TEST(services_are_told_and_done_under_warn)
{
	struct control_driver_info info;
	char text[128];

	start("warn", NULL);
	for (int i = 0; i < 5; i++)
		ck_assert_int_eq(unruly(services[_i].cmd), 0);

	info = raw_driver_info("unruly");
	ck_assert_uint_eq(info.nr_memory, services[_i].memory ? 10 : 0);
	ck_assert_uint_eq(info.nr_waits, services[_i].memory ? 0 : 5);
	ck_assert_uint_eq(info.nr_syscalls, 0);
	snprintf(text, sizeof(text),
		 "driver unruly: its oob_ioctl (command %#x) called %s: ",
		 services[_i].cmd, services[_i].name);
	ck_assert_uint_eq(daemon_nr_said(&test_daemon, text), 1);
}
END_TEST

START_TEST(memory_alone_is_refused_under_enforce)
{
	struct control_driver_info info;
	char text[128];

	start("enforce", NULL);
	if (services[_i].memory)
		ck_assert_fails(unruly(services[_i].cmd), ENOMEM);
	else
		ck_assert_int_eq(unruly(services[_i].cmd), 0);

	info = raw_driver_info("unruly");
	ck_assert_uint_eq(info.nr_memory, services[_i].memory);
	ck_assert_uint_eq(info.nr_waits, !services[_i].memory);
	ck_assert_uint_eq(info.nr_syscalls, 0);
	snprintf(text, sizeof(text), " called %s%s: ", services[_i].name,
		 services[_i].memory ? ", which was refused" : "");
	ck_assert_uint_eq(daemon_nr_said(&test_daemon, text), 1);
}
END_TEST

/* In-band all of that is fine. */
START_TEST(nothing_is_told_in_band)
{
	struct control_driver_info info;

	start("enforce", NULL);
	for (int i = 0; i < NR_SYSCALLS; i++)
		ck_assert_int_eq(ioctl(fd, syscalls[i].cmd, 0L), 0);
	for (int i = 0; i < NR_SERVICES; i++)
		ck_assert_int_eq(ioctl(fd, services[i].cmd, 0L), 0);

	info = raw_driver_info("unruly");
	ck_assert_uint_eq(info.nr_syscalls + info.nr_memory + info.nr_waits, 0);
	ck_assert(!daemon_said(&test_daemon, "golden rule"));
}
END_TEST

static const char *const modes[] = { "--spin=never", "--spin=always",
				     "--oob-cpus=0,1" };

#define NR_MODES 3

/* A copy by a system call, a wake-up of each side, a timer, sleep in the driver:
 * the daemon's own calls are its own. */
START_TEST(who_keeps_the_rule_is_not_told_of)
{
	static char much[MUCH];
	struct timespec deadline;
	struct evl_poll_event event;
	int other, pfd, xfd;

	start("enforce", modes[_i]);
	other = open(node_path("loopback"), O_RDWR);
	xfd = evl_new_xbuf(65536, NULL);
	pfd = evl_new_poll();
	ck_assert_int_eq(evl_add_pollfd(pfd, xfd, POLLIN, evl_nil), 0);
	for (int i = 0; i < 200; i++) {
		ck_assert_int_eq(oob_write(other, much, 100), 100);
		ck_assert_int_eq(oob_read(other, much, 100), 100);
		ck_assert_int_eq(oob_ioctl(fd, UNRULY_COPY, bytes), 0);
		ck_assert_int_eq(write(xfd, much, MUCH), MUCH);
		ck_assert_int_eq(evl_poll(pfd, &event, 1), 1);
		ck_assert_int_eq(oob_read(xfd, much, MUCH), MUCH);
		clock_gettime(CLOCK_MONOTONIC, &deadline);
		ck_assert_int_eq(evl_timedpoll(pfd, &event, 1, &deadline),
				 -ETIMEDOUT);
		ck_assert_int_eq(oob_write(xfd, much, MUCH), MUCH);
		ck_assert_int_eq(read(xfd, much, MUCH), MUCH);
	}
	close(xfd);
	close(pfd);
	close(other);
	ck_assert_int_eq(evl_detach_self(), 0);

	ck_assert_uint_eq(raw_driver_info("loopback").nr_syscalls, 0);
	ck_assert(!daemon_said(&test_daemon, "golden rule"));
}
END_TEST

/* Several workers, each with requests which break the rule. */
static void *break_often(void *arg)
{
	if (evl_attach_self("breaker-%d-%ld", getpid(), syscall(SYS_gettid)) <
	    0)
		return arg;
	for (int i = 0; i < 500; i++)
		if (oob_write(fd, bytes, 8) != 8)
			return arg;

	return evl_detach_self() ? arg : NULL;
}

START_TEST(every_worker_is_watched)
{
	pthread_t threads[4];
	void *failed;

	start("warn", "--oob-cpus=0,1");
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, break_often, &fd), 0);
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(pthread_join(threads[i], &failed), 0);
		ck_assert_ptr_null(failed);
	}
	if (WATCHED)
		ck_assert_uint_eq(raw_driver_info("unruly").nr_syscalls, 2000);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), NULL,
				  daemon_teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/golden-rule");

	if (WATCHED && !daemon_can_watch())
		return 77;

	add(suite, "warn", system_calls_are_told_and_made_under_warn,
	    2 * NR_SYSCALLS);
	if (WATCHED) {
		add(suite, "enforce", system_calls_fail_under_enforce,
		    NR_SYSCALLS);
		add(suite, "who", the_log_names_who_did_it, 2);
	}
	add(suite, "off", nothing_is_told_nor_counted_when_off, 1);
	add(suite, "pthread", a_pthread_mutex_is_waited_for_in_any_case, 2);
	add(suite, "services", services_are_told_and_done_under_warn,
	    NR_SERVICES);
	add(suite, "refused", memory_alone_is_refused_under_enforce,
	    NR_SERVICES);
	add(suite, "in-band", nothing_is_told_in_band, 1);
	add(suite, "good", who_keeps_the_rule_is_not_told_of, NR_MODES);
	add(suite, "workers", every_worker_is_watched, 1);

	return suite_run(suite);
}
