/* SPDX-License-Identifier: MIT */
/*
 * Drivers in processes of their own: what happens to one is nobody else's matter.
 */
#include "daemon.h"
#include "drivers/bulk.h"
#include "drivers/crasher.h"
#include "drivers/threads.h"
#include "endure.h"
#include "poller.h"
#include "tool.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define LIFE_MS 30000 /* within which everything happens, or fails */

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED true /* which keep what is freed for a while */
#else
#define SANITIZED false
#endif

enum {
	CANNOT_LOAD = 4,
	IN_USE = 5,
};

static void setup(void)
{
	daemon_setup_with(NULL);
}

static void load(const char *name)
{
	tool_expect(0, NULL, "load", getenv(name), "isolate=yes", NULL);
}

static int open_node(const char *name)
{
	int fd = open(node_path(name), O_RDWR);

	ck_assert_msg(fd >= 0, "%s: %s", name, strerror(errno));

	return fd;
}

static void attach(void)
{
	ck_assert_int_ge(evl_attach_self("isolate-%d", getpid()), 0);
}

/* A thread of ours in a call which sleeps. */
struct sleeper {
	int fd, how;
	_Atomic(pid_t) tid;
	int ret, error;
	short revents;
	pthread_t thread;
};

enum { IN_BAND, OUT_OF_BAND, POLLING, POLLING_OOB, NR_WAYS };

static void sleep_in_set(struct sleeper *s)
{
	struct evl_poll_event event = { .events = 0 };
	int set = evl_new_poll();

	if (evl_add_pollfd(set, s->fd, POLLIN, evl_nil) < 0)
		return;
	s->ret = evl_poll(set, &event, 1);
	s->revents = (short)event.events;
}

static void *sleep_in_call(void *arg)
{
	struct sleeper *s = arg;
	struct pollfd pfd = { .fd = s->fd, .events = POLLIN };
	char byte;

	evl_attach_self("sleeper-%d-%d", getpid(), gettid());
	atomic_store(&s->tid, gettid());
	switch (s->how) {
	case IN_BAND:
		s->ret = (int)read(s->fd, &byte, 1);
		break;
	case OUT_OF_BAND:
		s->ret = (int)oob_read(s->fd, &byte, 1);
		break;
	case POLLING:
		s->ret = poll(&pfd, 1, LIFE_MS);
		s->revents = pfd.revents;
		break;
	default:
		sleep_in_set(s);
	}
	s->error = errno;
	evl_detach_self();

	return NULL;
}

static void sleeper_start(struct sleeper *s, int fd, int how)
{
	*s = (struct sleeper){ .fd = fd, .how = how, .ret = -2 };
	ck_assert_int_eq(pthread_create(&s->thread, NULL, sleep_in_call, s), 0);
	while (atomic_load(&s->tid) == 0)
		sched_yield();
	wait_until_asleep(getpid(), s->tid);
}

static void sleeper_end(struct sleeper *s)
{
	ck_assert_int_eq(pthread_join(s->thread, NULL), 0);
}

/*
 * What it is like.
 */

static const size_t sizes[] = { 1, 4096, 16384, 16385, 100000, BULK_MAX };
#define NR_SIZES (int)(sizeof(sizes) / sizeof(sizes[0]))

static char data[BULK_MAX], back[BULK_MAX];

START_TEST(data_of_any_size_goes_both_ways)
{
	size_t size = sizes[_i];
	struct bulk_nested nested = { .ptr = (uintptr_t)back, .len = size };
	int fd;

	load("EVL_BULK");
	attach();
	fd = open_node("bulk");
	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 7 + i / 251);

	ck_assert_int_eq(oob_write(fd, data, size), (ssize_t)size);
	ck_assert_int_eq(oob_read(fd, back, sizeof(back)), (ssize_t)size);
	ck_assert_mem_eq(data, back, size);
	memset(back, 0, size);
	ck_assert_int_eq(oob_ioctl(fd, BULK_NESTED, &nested), (int)size);
	ck_assert_mem_eq(data, back, size);
	memset(back, 0, size);
	ck_assert_int_eq(ioctl(fd, BULK_NESTED, &nested), (int)size);
	ck_assert_mem_eq(data, back, size);

	/* CUSE cuts what is larger. */
	if (daemon_on_cuse() && size > 100000)
		return;
	data[0]++;
	memset(back, 0, size);
	ck_assert_int_eq(write(fd, data, size), (ssize_t)size);
	ck_assert_int_eq(read(fd, back, sizeof(back)), (ssize_t)size);
	ck_assert_mem_eq(data, back, size);
}
END_TEST

START_TEST(a_bad_pointer_is_efault)
{
	struct bulk_nested nested = { .ptr = 16, .len = 1 };
	int fd;

	load("EVL_BULK");
	attach();
	fd = open_node("bulk");
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(oob_ioctl(fd, BULK_NESTED, &nested), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(ioctl(fd, BULK_NESTED, &nested), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(ioctl(fd, BULK_NESTED, (void *)16), -1);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert_int_eq(oob_ioctl(fd, 0x4299, 0L), -1);
	ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(current_is_who_asks)
{
	int fd;

	load("EVL_BULK");
	attach();
	fd = open_node("bulk");
	ck_assert_int_eq(ioctl(fd, BULK_NICE, 0L), getpid());
	ck_assert_int_eq(oob_ioctl(fd, BULK_NICE, 0L), getpid());
}
END_TEST

START_TEST(its_node_is_as_the_driver_made_it)
{
	struct stat st;

	load("EVL_BULK");
	ck_assert_int_eq(stat(node_path("bulk"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	tool_expect(0, "bulk             apart     1     1", "list", NULL);
	tool_expect(0, NULL, "unload", "bulk", NULL);
	ck_assert_int_eq(open(node_path("bulk"), O_RDWR), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(daemon_host_of("bulk"), 0);
}
END_TEST

START_TEST(an_open_file_keeps_it)
{
	pid_t host;
	int fd;

	load("EVL_BULK");
	host = daemon_host_of("bulk");
	ck_assert_int_gt(host, 0);
	fd = open_node("bulk");
	tool_expect(IN_USE, "1 file is open", "unload", "bulk", NULL);
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
	tool_expect(0, NULL, "unload", "bulk", NULL);
	load("EVL_BULK");
	ck_assert_int_ne(daemon_host_of("bulk"), host);
	fd = open_node("bulk");
	ck_assert_int_eq(write(fd, "x", 1), 1);
	close(fd);
}
END_TEST

static void on_signal(int sig)
{
}

/* More than the process has fibers for at first. */
START_TEST(many_sleep_in_there_and_a_signal_ends_each)
{
	const struct sigaction action = { .sa_handler = on_signal };
	static struct sleeper sleepers[40];
	char byte;
	int fd;

	sigaction(SIGUSR1, &action, NULL);
	load("EVL_LOOPBACK");
	fd = open_node("loopback");
	for (int i = 0; i < 40; i++)
		sleeper_start(&sleepers[i], fd, i % 2 ? IN_BAND : OUT_OF_BAND);
	for (int i = 0; i < 40; i++)
		pthread_kill(sleepers[i].thread, SIGUSR1);
	for (int i = 0; i < 40; i++) {
		sleeper_end(&sleepers[i]);
		ck_assert_int_eq(sleepers[i].ret, -1);
		ck_assert_int_eq(sleepers[i].error, EINTR);
	}
	/* None of them is there any more, to be given this. */
	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	close(fd);
}
END_TEST

/*
 * A crash.
 */

static const enum crasher_how hows[] = { CRASHER_SEGV, CRASHER_BUS,
					 CRASHER_FPE,  CRASHER_ILL,
					 CRASHER_ABRT, CRASHER_STACK,
					 CRASHER_CALL, CRASHER_LIBC };
#define NR_HOWS (int)(sizeof(hows) / sizeof(hows[0]))

static void await_said(const char *text)
{
	while (!daemon_said(&test_daemon, text))
		sched_yield();
}

static void check_dead(const char *name)
{
	char text[64];

	snprintf(text, sizeof(text), "%-16s dead", name);
	tool_expect(0, text, "list", NULL);
	ck_assert_int_eq(open(node_path(name), O_RDWR), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(daemon_host_of(name), 0);
}

static void check_loopback(int fd)
{
	char byte;

	ck_assert_int_eq(write(fd, "b", 1), 1);
	ck_assert_int_eq(oob_read(fd, &byte, 1), 1);
	ck_assert_int_eq(oob_write(fd, "b", 1), 1);
	ck_assert_int_eq(read(fd, &byte, 1), 1);
}

static int crash(int fd, bool oob, unsigned int cmd, enum crasher_how how)
{
	return oob ? oob_ioctl(fd, cmd, (long)how) : ioctl(fd, cmd, (long)how);
}

/* Others' callers, one of them in the process next door, notice nothing. */
START_TEST(a_crash_takes_its_own_nodes_only)
{
	enum crasher_how how = hows[_i / 2];
	bool oob = _i % 2;
	struct sleeper here;
	int fd, loopback, bulk;
	char byte = 1;

	daemon_rules_broken = true;
	tool_expect(0, NULL, "load", getenv("EVL_LOOPBACK"), NULL);
	load("EVL_BULK");
	load("EVL_CRASHER");
	attach();
	loopback = open_node("loopback");
	sleeper_start(&here, loopback, oob ? OUT_OF_BAND : IN_BAND);
	bulk = open_node("bulk");
	fd = open_node("crasher");

	ck_assert_int_eq(crash(fd, oob, CRASHER_HERE, how), -1);
	ck_assert_int_eq(errno, ENODEV);
	await_said("driver crasher: its process ended (");
	check_dead("crasher");
	ck_assert(daemon_said(&test_daemon, oob ? "crasher: oob_ioctl (comm"
						: "crasher: ioctl (comm"));
	/* Still open, and of no use. */
	ck_assert_int_eq(crash(fd, false, CRASHER_HERE, how), -1);
	ck_assert_int_eq(errno, ENODEV);
	ck_assert_int_eq(crash(fd, true, CRASHER_HERE, how), -1);
	ck_assert_int_eq(errno, ENODEV);

	ck_assert_int_eq(write(bulk, "x", 1), 1);
	ck_assert_int_eq(oob_read(bulk, &byte, 1), 1);
	ck_assert_int_eq(byte, 'x');
	ck_assert_int_eq(write(loopback, "y", 1), 1);
	sleeper_end(&here);
	ck_assert_int_eq(here.ret, 1);
	check_loopback(loopback);

	/* Once more. On CUSE its name is taken as long as it is open. */
	if (daemon_on_cuse())
		close(fd);
	load("EVL_CRASHER");
	if (!daemon_on_cuse())
		ck_assert_int_eq(close(fd), 0);
	fd = open_node("crasher");
	ck_assert_int_eq(ioctl(fd, 0x4399, 0L), -1);
	ck_assert_int_eq(errno, ENOTTY);
	close(fd);
	close(bulk);
	close(loopback);
}
END_TEST

static const unsigned int places[] = { CRASHER_TIMER, CRASHER_WORK };

START_TEST(nor_does_one_on_nobodys_behalf)
{
	int fd;

	daemon_rules_broken = true;
	load("EVL_CRASHER");
	fd = open_node("crasher");
	crash(fd, false, places[_i], CRASHER_SEGV);
	await_said("driver crasher: its process ended (");
	check_dead("crasher");
	tool_expect(0, NULL, "unload", "crasher", NULL);
	close(fd);
}
END_TEST

START_TEST(one_in_init_is_a_driver_which_cannot_be_loaded)
{
	char param[32];

	snprintf(param, sizeof(param), "in_init=%d", CRASHER_SEGV);
	tool_expect(CANNOT_LOAD, "before its init function did", "load",
		    getenv("EVL_CRASHER"), param, "isolate=yes", NULL);
	ck_assert_int_eq(daemon_host_of("crasher"), 0);
	load("EVL_CRASHER");
}
END_TEST

START_TEST(one_in_exit_is_an_end_as_well)
{
	char param[32];

	snprintf(param, sizeof(param), "in_exit=%d", CRASHER_SEGV);
	tool_expect(0, NULL, "load", getenv("EVL_CRASHER"), param,
		    "isolate=yes", NULL);
	tool_expect(0, NULL, "unload", "crasher", NULL);
	ck_assert_int_eq(daemon_host_of("crasher"), 0);
	load("EVL_CRASHER");
}
END_TEST

/* All ways to sleep in there, at once. */
START_TEST(who_is_inside_when_it_is_killed_gets_enodev)
{
	struct sleeper sleepers[NR_WAYS];
	int fd;

	load("EVL_LOOPBACK");
	fd = open_node("loopback");
	for (int i = 0; i < NR_WAYS; i++)
		sleeper_start(&sleepers[i], fd, i);
	ck_assert_int_eq(kill(daemon_host_of("loopback"), SIGKILL), 0);
	for (int i = 0; i < NR_WAYS; i++)
		sleeper_end(&sleepers[i]);

	ck_assert_int_eq(sleepers[IN_BAND].ret, -1);
	ck_assert_int_eq(sleepers[IN_BAND].error, ENODEV);
	ck_assert_int_eq(sleepers[OUT_OF_BAND].ret, -1);
	ck_assert_int_eq(sleepers[OUT_OF_BAND].error, ENODEV);
	ck_assert_int_eq(sleepers[POLLING].ret, 1);
	ck_assert_int_eq(sleepers[POLLING].revents, POLLERR | POLLHUP);
	ck_assert_int_eq(sleepers[POLLING_OOB].ret, 1);
	ck_assert_int_eq(sleepers[POLLING_OOB].revents, POLLERR | POLLHUP);
	check_dead("loopback");
	close(fd);
}
END_TEST

START_TEST(it_may_happen_any_number_of_times)
{
	struct daemon_usage first, last;
	struct sleeper sleeper;
	int fd;

	for (int i = 0; i < 30; i++) {
		load("EVL_LOOPBACK");
		fd = open_node("loopback");
		sleeper_start(&sleeper, fd, i % NR_WAYS);
		ck_assert_int_eq(kill(daemon_host_of("loopback"), SIGKILL), 0);
		sleeper_end(&sleeper);
		close(fd);
		tool_expect(0, NULL, "unload", "loopback", NULL);
		if (i == 9)
			first = daemon_usage(&test_daemon);
	}
	/* The tool's connection goes when it goes. */
	do
		last = daemon_usage(&test_daemon);
	while (last.nr_fds > first.nr_fds);
	ck_assert_uint_eq(last.nr_threads, first.nr_threads);
	if (SANITIZED)
		return;
	ck_assert_uint_le(last.nr_maps, first.nr_maps + 2);
	ck_assert_int_le(last.rss_kb, first.rss_kb + 4096);
}
END_TEST

/*
 * The daemon's end.
 */

static bool is_gone(pid_t pid)
{
	return kill(pid, 0) && errno == ESRCH;
}

START_TEST(it_does_not_outlive_the_daemon)
{
	pid_t host;

	load("EVL_LOOPBACK");
	host = daemon_host_of("loopback");
	if (_i)
		daemon_kill(&test_daemon);
	else
		ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	while (!is_gone(host))
		sched_yield();
}
END_TEST

static int loop_in_there(void *arg)
{
	int fd = open(node_path("bulk"), O_RDWR);

	evl_attach_self("looper-%d", getpid());

	return arg ? oob_ioctl(fd, BULK_LOOP, 0L) : ioctl(fd, BULK_LOOP, 0L);
}

START_TEST(an_init_function_which_does_not_end_keeps_it_not_either)
{
	struct tool_run run;
	pid_t host;

	tool_start(&run, "load", getenv("EVL_VERSION_1"), "asleep",
		   "isolate=yes", NULL);
	while (open(node_path("version"), O_RDWR) < 0)
		sched_yield();
	host = daemon_host_of("version_1");
	ck_assert_int_gt(host, 0);
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	tool_wait(&run);
	ck_assert_int_ne(run.status, 0);
	while (!is_gone(host))
		sched_yield();
}
END_TEST

/* A host which never answers keeps its own callers; SIGTERM ends both. */
START_TEST(a_loop_in_there_keeps_nobody_else)
{
	pid_t looper, host;
	int loopback;

	daemon_rules_broken = true;
	tool_expect(0, NULL, "load", getenv("EVL_LOOPBACK"), NULL);
	load("EVL_BULK");
	host = daemon_host_of("bulk");
	attach();
	loopback = open_node("loopback");
	looper = child_start(loop_in_there, _i ? &looper : NULL);
	/* It has used up some of a CPU. */
	while (thread_status(host, _i ? "evl-oob/0" : "evl:bulk",
			     "nonvoluntary_ctxt_switches:") < 3)
		check_loopback(loopback);
	for (int i = 0; i < 100; i++)
		check_loopback(loopback);
	close(loopback);
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	child_wait(looper);
	while (!is_gone(host))
		sched_yield();
}
END_TEST

/*
 * What there is not.
 */

START_TEST(it_neither_uses_anothers_symbols_nor_lends_its_own)
{
	tool_expect(0, NULL, "load", getenv("EVL_PROVIDER"), NULL);
	tool_expect(CANNOT_LOAD, "of driver provider, and itself has a process",
		    "load", getenv("EVL_CONSUMER"), "isolate=yes", NULL);
	tool_expect(0, NULL, "unload", "provider", NULL);
	load("EVL_PROVIDER");
	tool_expect(CANNOT_LOAD, "of driver provider, and that has a process",
		    "load", getenv("EVL_CONSUMER"), NULL);
	tool_expect(0, NULL, "unload", "provider", NULL);
}
END_TEST

/* Whose it would be is not known in there by the next call. */
START_TEST(a_mutex_is_unlocked_when_the_call_ends_and_that_is_told)
{
	const char *told = "driver threads: keeps a mutex locked from one call "
			   "to the next";
	int fd;

	load("EVL_THREADS");
	attach();
	fd = open_node("threads");
	ck_assert(!daemon_said(&test_daemon, told));
	ck_assert_int_eq(oob_ioctl(fd, THREADS_IOC_LOCK, 0L), 0);
	await_said(told);
	ck_assert_int_eq(oob_ioctl(fd, THREADS_IOC_LOCK, 0L), 0);
	ck_assert_uint_eq(daemon_nr_said(&test_daemon, told), 1);
	close(fd);
}
END_TEST

START_TEST(what_its_loader_says_is_said_here)
{
	tool_expect(CANNOT_LOAD, "isolate=maybe: write yes or no", "load",
		    getenv("EVL_LOOPBACK"), "isolate=maybe", NULL);
	tool_expect(CANNOT_LOAD, "its init function failed with -19", "load",
		    getenv("EVL_FAILS_INIT"), "isolate=yes", NULL);
	tool_expect(CANNOT_LOAD, "there is no parameter nonsense", "load",
		    getenv("EVL_PARAMS"), "isolate=yes", "nonsense=1", NULL);
	tool_expect(CANNOT_LOAD, "undefined symbol", "load",
		    getenv("EVL_UNRESOLVED"), "isolate=yes", NULL);
	tool_expect(0, NULL, "load", getenv("EVL_LOOPBACK"), "isolate=no",
		    NULL);
	ck_assert_int_eq(daemon_host_of("loopback"), 0);
	ck_assert_int_eq(daemon_host_of("params"), 0);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr,
		void (*teardown)(void))
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/isolate");

	add(suite, "data", data_of_any_size_goes_both_ways, NR_SIZES,
	    daemon_teardown);
	add(suite, "fault", a_bad_pointer_is_efault, 1, daemon_teardown);
	add(suite, "current", current_is_who_asks, 1, daemon_teardown);
	add(suite, "node", its_node_is_as_the_driver_made_it, 1,
	    daemon_teardown);
	add(suite, "file", an_open_file_keeps_it, 1, daemon_teardown);
	add(suite, "many", many_sleep_in_there_and_a_signal_ends_each, 1,
	    daemon_teardown);
	add(suite, "crash", a_crash_takes_its_own_nodes_only, 2 * NR_HOWS,
	    daemon_teardown);
	add(suite, "nobody", nor_does_one_on_nobodys_behalf, 2,
	    daemon_teardown);
	add(suite, "init", one_in_init_is_a_driver_which_cannot_be_loaded, 1,
	    daemon_teardown);
	add(suite, "exit", one_in_exit_is_an_end_as_well, 1, daemon_teardown);
	add(suite, "killed", who_is_inside_when_it_is_killed_gets_enodev, 1,
	    daemon_teardown);
	add(suite, "often", it_may_happen_any_number_of_times, 1,
	    daemon_teardown);
	add(suite, "asleep",
	    an_init_function_which_does_not_end_keeps_it_not_either, 1,
	    daemon_bury);
	add(suite, "end", it_does_not_outlive_the_daemon, 2, daemon_bury);
	/* Nothing else runs beside an out-of-band loop if there is one CPU. */
	add(suite, "loop", a_loop_in_there_keeps_nobody_else,
	    sysconf(_SC_NPROCESSORS_ONLN) > 1 ? 2 : 1, daemon_bury);
	add(suite, "symbols",
	    it_neither_uses_anothers_symbols_nor_lends_its_own, 1,
	    daemon_teardown);
	add(suite, "mutex",
	    a_mutex_is_unlocked_when_the_call_ends_and_that_is_told, 1,
	    daemon_teardown);
	add(suite, "refused", what_its_loader_says_is_said_here, 1,
	    daemon_teardown);

	return suite_run(suite);
}
