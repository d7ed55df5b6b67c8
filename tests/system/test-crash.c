/* SPDX-License-Identifier: MIT */
/*
 * A driver crashes, in every way and in every place: the log names it and its
 * function, the request and how it came there; the daemon ends as it would have
 * without that, and the next one finds everything clean.
 */
#include "daemon.h"
#include "drivers/crasher.h"
#include "tool.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define TRAP SIGILL
#else
#define TRAP SIGTRAP
#endif

/* ASan looks at its note about it. */
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
#define FREED "0xdead000000000122, not canonical, in crasher.so+0x"
#else
#define FREED "0x"
#endif

static const struct {
	enum crasher_how how;
	int sig;
	const char *what; /* of the first line */
	const char *frame;
} kinds[] = {
	{ CRASHER_SEGV, SIGSEGV,
	  "SIGSEGV at address 0x7eadbeef0000, in crasher", "crash_now" },
	{ CRASHER_BUS, SIGBUS, "SIGBUS at address 0x7eadbeee0000",
	  "touch_beyond_file" },
	{ CRASHER_FPE, SIGFPE, "SIGFPE in crasher.so+0x", "divide" },
	{ CRASHER_ILL, SIGILL, "SIGILL in crasher.so+0x", "crash_now" },
	{ CRASHER_ABRT, SIGABRT, "SIGABRT in crasher.so+0x", "crash_now" },
	{ CRASHER_STACK, SIGSEGV, ": its stack overflowed", "sink" },
	{ CRASHER_CALL, SIGSEGV, "SIGSEGV at address 0, in 0", "crash_now" },
	{ CRASHER_LIBC, SIGSEGV, "SIGSEGV at address 0x7eadbeef", "crash_now" },
	{ CRASHER_BUG, TRAP, " in crasher.so+0x", "crash_now" },
	{ CRASHER_TRAP, SIGTRAP, "SIGTRAP in crasher.so+0x", "crash_now" },
	{ CRASHER_FREED, SIGSEGV, "SIGSEGV at address " FREED, "crash_now" },
};
#define NR_KINDS (int)(sizeof(kinds) / sizeof(kinds[0]))

#define NO_HANDLERS                                        \
	"handle_segv=0:handle_sigbus=0:handle_sigfpe=0:"   \
	"handle_sigill=0:handle_abort=0:die_after_fork=0:" \
	"atexit_sleep_ms=0"

/* By a file it makes, or by what abort() does first. */
static bool breaks_rules(int kind)
{
	return kinds[kind].how == CRASHER_BUS ||
	       kinds[kind].how == CRASHER_ABRT;
}

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_CRASHER"), NULL };
	int status;

	/* The daemon dies of the signal, not of a sanitizer's report of it. */
	setenv("ASAN_OPTIONS", NO_HANDLERS, 1);
	setenv("TSAN_OPTIONS", NO_HANDLERS, 1);
	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

/* A line of the log with both. */
static bool line_has(const char *text, const char *other)
{
	char line[1024];
	bool found = false;
	FILE *log = fopen(test_daemon.log, "r");

	while (!found && fgets(line, sizeof(line), log))
		found = strstr(line, text) && strstr(line, other);
	fclose(log);

	return found;
}

static void show_log(void)
{
	char line[1024];
	FILE *log = fopen(test_daemon.log, "r");

	while (fgets(line, sizeof(line), log))
		fputs(line, stderr);
	fclose(log);
}

static void await_end(int sig)
{
	int status;

	ck_assert_int_eq(waitpid(test_daemon.pid, &status, 0), test_daemon.pid);
	test_daemon.pid = 0;
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == sig);
}

static void check_report(const char *where, int kind)
{
	char first[128];

	snprintf(first, sizeof(first), "driver crasher: %s: ", where);
	if (!line_has(first, kinds[kind].what) ||
	    !line_has("  #", kinds[kind].frame) ||
	    !line_has("  #", "crash_now+0x")) {
		show_log();
		ck_abort_msg("%s: no report", where);
	}
}

/* In an ioctl, of which the request is told, too. */
static void check_request(const char *op, int kind)
{
	char where[64], text[64];

	snprintf(where, sizeof(where), "%s (command %#x)", op, CRASHER_HERE);
	check_report(where, kind);
	snprintf(text, sizeof(text), "  asked by pid %d (crash-%d), command",
		 getpid(), getpid());
	ck_assert(line_has(text, ", address 0x"));
	ck_assert(line_has("  #", "crasher_ioctl+0x"));
}

START_TEST(out_of_band)
{
	int fd;

	daemon_rules_broken = breaks_rules(_i);
	ck_assert_int_ge(evl_attach_self("crash-%d", getpid()), 0);
	fd = open(node_path("crasher"), O_RDWR);
	ck_assert_int_eq(oob_ioctl(fd, CRASHER_HERE, kinds[_i].how), -1);
	await_end(kinds[_i].sig);
	check_request("oob_ioctl", _i);
	/* How it was called is there to the end. */
	ck_assert(line_has("  #", "serve_request"));
}
END_TEST

/* Which system calls it may make then is no matter. */
START_TEST(a_bug_is_one_under_any_rule)
{
	const char *const args[] = { "--golden-rule=enforce", "--driver",
				     getenv("EVL_CRASHER"), NULL };
	int status, fd;

	daemon_teardown();
	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_ge(evl_attach_self("crash-%d", getpid()), 0);
	fd = open(node_path("crasher"), O_RDWR);
	ck_assert_int_eq(oob_ioctl(fd, CRASHER_HERE, CRASHER_BUG), -1);
	await_end(TRAP);
	ck_assert(line_has("BUG at crasher.c", "crash_now()"));
}
END_TEST

START_TEST(in_band)
{
	int fd;

	ck_assert_int_ge(evl_attach_self("crash-%d", getpid()), 0);
	fd = open(node_path("crasher"), O_RDWR);
	ck_assert_int_eq(ioctl(fd, CRASHER_HERE, kinds[_i].how), -1);
	await_end(kinds[_i].sig);
	check_request("ioctl", _i);
	ck_assert(line_has("  #", "run_request"));
}
END_TEST

START_TEST(in_a_timers_function)
{
	int fd = open(node_path("crasher"), O_RDWR);

	daemon_rules_broken = breaks_rules(_i);
	ioctl(fd, CRASHER_TIMER, kinds[_i].how);
	await_end(kinds[_i].sig);
	check_report("timer function", _i);
	ck_assert(line_has("  #", "crash_in_timer+0x"));
}
END_TEST

START_TEST(in_a_thread)
{
	int fd = open(node_path("crasher"), O_RDWR);

	daemon_rules_broken = breaks_rules(_i);
	ioctl(fd, CRASHER_THREAD, kinds[_i].how);
	await_end(kinds[_i].sig);
	check_report("kernel thread jinx", _i);
	ck_assert(line_has("  #", "crash_in_thread+0x"));
}
END_TEST

START_TEST(in_an_irq_works_function)
{
	int fd = open(node_path("crasher"), O_RDWR);

	ioctl(fd, CRASHER_WORK, kinds[_i].how);
	await_end(kinds[_i].sig);
	check_report("irq_work function", _i);
	ck_assert(line_has("  #", "crash_in_work+0x"));
}
END_TEST

START_TEST(in_its_init_function)
{
	struct tool_run run;
	char param[32];

	tool_expect(0, NULL, "unload", "crasher", NULL);
	snprintf(param, sizeof(param), "in_init=%d", kinds[_i].how);
	tool_run(&run, "load", getenv("EVL_CRASHER"), param, NULL);
	ck_assert_int_ne(run.status, 0);
	await_end(kinds[_i].sig);
	check_report("init", _i);
	ck_assert(line_has("  #", "crasher_init+0x"));
}
END_TEST

START_TEST(in_its_exit_function)
{
	struct tool_run run;
	char param[32];

	tool_expect(0, NULL, "unload", "crasher", NULL);
	snprintf(param, sizeof(param), "in_exit=%d", kinds[_i].how);
	tool_expect(0, NULL, "load", getenv("EVL_CRASHER"), param, NULL);
	tool_run(&run, "unload", "crasher", NULL);
	ck_assert_int_ne(run.status, 0);
	await_end(kinds[_i].sig);
	check_report("exit", _i);
	ck_assert(line_has("  #", "crasher_exit+0x"));
}
END_TEST

START_TEST(recursion_is_told_in_a_line)
{
	int fd = open(node_path("crasher"), O_RDWR);

	ioctl(fd, CRASHER_HERE, CRASHER_STACK);
	await_end(SIGSEGV);
	ck_assert(line_has("(sink+0x", " times"));
}
END_TEST

START_TEST(a_signal_from_outside_is_nobodys_crash)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL,
				       SIGABRT };
	char text[64];

	kill(test_daemon.pid, signals[_i]);
	await_end(signals[_i]);
	snprintf(text, sizeof(text), "was sent by process %d", getpid());
	ck_assert(daemon_said(&test_daemon, text));
	ck_assert(!daemon_said(&test_daemon, "driver crasher: ioctl"));
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  daemon_bury);
}

int main(void)
{
	Suite *suite = suite_create("system/crash");

	add(suite, "oob", out_of_band, NR_KINDS);
	add(suite, "in-band", in_band, NR_KINDS);
	add(suite, "timer", in_a_timers_function, NR_KINDS);
	add(suite, "thread", in_a_thread, NR_KINDS);
	add(suite, "irq_work", in_an_irq_works_function, NR_KINDS);
	add(suite, "init", in_its_init_function, NR_KINDS);
	add(suite, "exit", in_its_exit_function, NR_KINDS);
	add(suite, "recursion", recursion_is_told_in_a_line, 1);
	add(suite, "rule", a_bug_is_one_under_any_rule, 1);
	add(suite, "sent", a_signal_from_outside_is_nobodys_crash, 5);

	return suite_run(suite);
}
