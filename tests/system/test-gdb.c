/* SPDX-License-Identifier: MIT */
/*
 * evl-cused-gdb.py, in gdb: it shows which handlers sleep, and where, in a daemon
 * that lives and in its core, and the daemon goes on afterwards.
 */
#include "daemon.h"

#include <assert.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_ARGS  40
#define TEXT_SIZE (256 << 10)
/* Runs of gdb, of a second or so, until there is something. */
#define PATIENCE 20

/* What gdb wrote last, without line breaks of its own. */
static char said[TEXT_SIZE];

/* Run gdb on what @target names, "-p PID" or "PROGRAM CORE", with commands up to
 * NULL. Returns its exit status. Outside of tests, too: no ck_assert(). */
static int gdb(const char *const target[2], ...)
{
	const char *argv[MAX_ARGS] = { "gdb",  "-nx",
				       "-q",   "-batch",
				       "-iex", "set debuginfod enabled off" };
	int argc = 6, fd = memfd_create("gdb", MFD_CLOEXEC), status;
	const char *command;
	ssize_t len;
	va_list ap;
	pid_t pid;

	for (int i = 0; i < 2 && target[i]; i++)
		argv[argc++] = target[i];
	argv[argc++] = "-x";
	argv[argc++] = getenv("EVL_GDB_SCRIPT");
	va_start(ap, target);
	while ((command = va_arg(ap, const char *)) != NULL) {
		assert(argc < MAX_ARGS - 2);
		argv[argc++] = "-ex";
		argv[argc++] = command;
	}
	va_end(ap);

	pid = fork();
	if (pid == 0) {
		dup2(fd, STDOUT_FILENO);
		dup2(fd, STDERR_FILENO);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execvp(argv[0], (char **)argv);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) != pid)
		;
	len = pread(fd, said, sizeof(said) - 1, 0);
	said[len > 0 ? len : 0] = '\0';
	close(fd);

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static void assert_said(const char *text)
{
	ck_assert_msg(strstr(said, text) != NULL, "no '%s' in: %s", text, said);
}

/* A line with both. */
static bool line_has(const char *one, const char *other)
{
	char line[1024];
	const char *end;
	size_t len;

	for (const char *at = said; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, '\n');
		len = (size_t)(end - at);
		snprintf(line, sizeof(line), "%.*s", (int)len, at);
		if (strstr(line, one) && strstr(line, other))
			return true;
	}

	return false;
}

static void assert_line(const char *one, const char *other)
{
	ck_assert_msg(line_has(one, other), "no line with '%s' and '%s': %s",
		      one, other, said);
}

/* The number before the line's end in @text. */
static int number_of(const char *text)
{
	const char *at = strstr(said, text);

	ck_assert_msg(at != NULL, "no '%s' in: %s", text, said);
	while (at > said && at[-1] != '\n')
		at--;

	return atoi(at);
}

static const char *const *daemon_target(void)
{
	static char pid[32];
	static const char *target[2] = { "-p", pid };

	snprintf(pid, sizeof(pid), "%d", test_daemon.pid);

	return target;
}

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_LOOPBACK"), NULL };

	daemon_setup_with(args);
}

static int read_inband(void *arg)
{
	char buf[8];
	int fd = open(node_path("loopback"), O_RDWR);

	return read(fd, buf, sizeof(buf)) < 0 ? 1 : 0;
}

static int read_oob(void *arg)
{
	char buf[8];
	int fd;

	if (evl_attach_self("gdb-reader") < 0)
		return 2;
	fd = open(node_path("loopback"), O_RDWR);

	return oob_read(fd, buf, sizeof(buf)) < 0 ? 1 : 0;
}

#define INBAND	    "asleep  loopback: loopback_read in "
#define OUT_OF_BAND "asleep  loopback: loopback_oob_read in "

static pid_t readers[2];

/* Two who sleep in a handler; gdb has listed them. */
static void start_readers(const char *list)
{
	readers[0] = child_start(read_inband, NULL);
	readers[1] = child_start(read_oob, NULL);
	for (int i = 0; i < 2; i++)
		wait_until_asleep(readers[i], readers[i]);
	for (int i = 0; i < PATIENCE; i++) {
		gdb(daemon_target(), list, NULL);
		if (strstr(said, INBAND) && strstr(said, OUT_OF_BAND))
			return;
	}
	ck_abort_msg("they are not found: %s", said);
}

static void end_readers(void)
{
	for (int i = 0; i < 2; i++) {
		kill(readers[i], SIGKILL);
		ck_assert_int_eq(child_wait(readers[i]), 128 + SIGKILL);
	}
}

/* Where each of them is, down to the beginning of its stack. */
static void assert_backtraces(void)
{
	assert_line("#", " loopback_read (");
	assert_line(" loopback_oob_read (", "loopback.c:");
	assert_line(" run_request (", "request.c:");
	assert_line(" serve_request (", "serve.c:");
	assert_line(" fiber_main (", "stage.c:");
}

START_TEST(who_sleeps_is_found_where_he_sleeps)
{
	char oob[64];

	start_readers("evl fibers -bt");
	snprintf(oob, sizeof(oob), "[%d], thread gdb-reader", readers[1]);
	assert_line(OUT_OF_BAND, oob);
	assert_line(OUT_OF_BAND, "evl-oob/0 ");
	snprintf(oob, sizeof(oob), "[%d]", readers[0]);
	assert_line(INBAND, oob);
	assert_line(INBAND, " in-band ");
	assert_backtraces();

	/* And nobody has noticed. */
	end_readers();
	close(open(node_path("loopback"), O_RDWR));
}
END_TEST

/* What it has in registers is its own: innermost it is asleep as itself. */
static void assert_itself(void)
{
	const char *self = strstr(said, "fiber=0x");
	const char *outermost = strstr(said, "fiber_main (arg=0x");
	char both[64];

	ck_assert_ptr_nonnull(outermost);
	if (self == NULL) /* optimized out */
		return;
	self += strlen("fiber=");
	snprintf(both, sizeof(both), "fiber_main (arg=%.*s",
		 (int)strcspn(self, ",)"), self);
	ck_assert_msg(strncmp(outermost, both, strlen(both)) == 0,
		      "no '%s' in: %s", both, said);
}

START_TEST(one_is_shown_until_it_is_not)
{
	char command[32], other[32];

	start_readers("info evl-fibers");
	snprintf(command, sizeof(command), "evl fiber %d",
		 number_of(OUT_OF_BAND));
	snprintf(other, sizeof(other), "evl fiber %d", number_of(INBAND));

	gdb(daemon_target(), command, "frame function loopback_oob_read",
	    "p \"count is\"", "p count", NULL);
	assert_itself();
	assert_line("loopback_oob_read", "count=8");
	assert_said("$2 = 8");

	/* All of these leave it shown. */
	gdb(daemon_target(), command, "evl fibers -all", "evl fiber 99999",
	    "echo then\\n", "bt", NULL);
	assert_said("there is no fiber 99999");
	ck_assert_ptr_nonnull(
		strstr(strstr(said, "then\n"), "loopback_oob_read"));

	gdb(daemon_target(), command, other, "evl fiber none", "echo then\\n",
	    "bt", NULL);
	assert_line(" loopback_read (", "loopback.c:");
	ck_assert_ptr_null(strstr(strstr(said, "then\n"), "loopback_"));
	end_readers();
}
END_TEST

static int spin(void *arg)
{
	int fd;

	if (evl_attach_self("spinner-%d", getpid()) < 0)
		return 2;
	fd = open(node_path("stubborn"), O_RDONLY);

	return oob_ioctl(fd, 0, 0) < 0 ? 1 : 0;
}

/* It gives way now and then, and is ready for that long. */
START_TEST(who_does_not_sleep_is_found_too)
{
	const char *const args[] = { "--oob-priority=0", "--watchdog-ms=0",
				     "--driver", getenv("EVL_STUBBORN"), NULL };
	int nr_tries = 0;
	pid_t child;

	daemon_setup_with(args);
	child = child_start(spin, NULL);
	do
		gdb(daemon_target(), "evl fibers -bt", NULL);
	while (nr_tries++ < PATIENCE &&
	       strstr(said, "stubborn: stubborn_oob_ioctl") == NULL);
	ck_assert(line_has(" running stubborn: stubborn_oob_ioctl", " for ") ||
		  line_has(" ready   stubborn: stubborn_oob_ioctl", " for "));
	assert_line(" stubborn_oob_ioctl (", "stubborn.c:");
	assert_line(" fiber_main (", "stage.c:");

	daemon_kill(&test_daemon);
	kill(child, SIGKILL);
	child_wait(child);
}
END_TEST

/* Sanitizers reserve terabytes, which gdb would write into a core. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CORES 1
START_TEST(a_core_tells_the_same)
{
	const char *target[2] = { getenv("EVL_CUSED"), NULL };
	char core[96], command[128];

	snprintf(core, sizeof(core), "%s/core", test_daemon.dir);
	snprintf(command, sizeof(command), "generate-core-file %s", core);
	start_readers("evl fibers");
	gdb(daemon_target(), command, NULL);
	assert_said("Saved corefile");
	end_readers();

	/* The drivers' copies are gone with it. */
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	target[1] = core;
	gdb(target, "evl fibers -bt", NULL);
	unlink(core);
	assert_said(INBAND);
	assert_said(OUT_OF_BAND);
	assert_said("loopback: symbols of ");
	assert_backtraces();
}
END_TEST
#endif

START_TEST(what_cannot_be_shown_is_told)
{
	const char *const program[2] = { getenv("EVL_CUSED"), NULL };
	const char *const none[2] = { NULL, NULL };

	gdb(none, "evl fibers", NULL);
	assert_said("no process, and no core");
	gdb(program, "evl fibers", NULL);
	assert_said("no process, and no core");
	gdb(program, "evl fiber 1", NULL);
	assert_said("no process, and no core");
	gdb(daemon_target(), "evl fibers -x", NULL);
	assert_said("-x: neither -bt nor -all");
	gdb(daemon_target(), "evl fiber", NULL);
	assert_said("which one?");
	gdb(daemon_target(), "evl fiber 0", NULL);
	assert_said("there is no fiber 0");
	/* Another program, which has none. */
	gdb(none, "file /bin/true", "starti", "evl fibers", "kill", NULL);
	assert_said("no debugging information of evl-cused");
}
END_TEST

/* Why it cannot be done here; NULL: it can. */
static const char *reason_to_skip(void)
{
	static char pid[32];
	const char *const none[2] = { NULL, NULL };
	const char *const target[2] = { "-p", pid };
	pid_t child;

	if (gdb(none, "python print('python')", NULL) == 127)
		return "gdb: not found: install gdb";
	if (strstr(said, "\npython\n") == NULL && strncmp(said, "python\n", 7))
		return "gdb has no Python: install gdb, not gdb-minimal";

	child = fork();
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	snprintf(pid, sizeof(pid), "%d", child);
	gdb(target, "info proc", NULL);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (strstr(said, "exe = ") == NULL)
		return "gdb may not attach: see the sysctl "
		       "kernel.yama.ptrace_scope";

	return NULL;
}

static void add(Suite *suite, const char *name, const TTest *test,
		void (*before)(void), void (*after)(void))
{
	TCase *tcase = suite_add(suite, name, test, 1);

	tcase_add_checked_fixture(tcase, before, after);
	tcase_set_timeout(tcase, 120);
}

int main(void)
{
	Suite *suite = suite_create("system/gdb");
	const char *reason = reason_to_skip();

	if (reason) {
		puts(reason);
		return 77;
	}
	add(suite, "sleepers", who_sleeps_is_found_where_he_sleeps, setup,
	    daemon_teardown);
	add(suite, "one", one_is_shown_until_it_is_not, setup, daemon_teardown);
	add(suite, "running", who_does_not_sleep_is_found_too, NULL,
	    daemon_bury);
#ifdef CORES
	add(suite, "core", a_core_tells_the_same, setup, daemon_bury);
#endif
	add(suite, "trouble", what_cannot_be_shown_is_told, setup,
	    daemon_teardown);

	return suite_run(suite);
}
