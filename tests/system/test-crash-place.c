/* SPDX-License-Identifier: MIT */
/*
 * A driver crashes in each of the functions which the daemon calls of one: the log
 * says what kind of function that was, of what, and leads to it. Those on a worker
 * which break the golden rule or keep it to themselves are called the same.
 */
#include "daemon.h"
#include "drivers/crasher.h"
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
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_HANDLERS \
	"handle_segv=0:handle_sigbus=0:die_after_fork=0:atexit_sleep_ms=0"

#define ATTRIBUTE "evl/sys/class/misc/crasher-place/jinx"

static int fd;
static char bytes[8];

static void setup(void)
{
	const char *const args[] = { "--watchdog-ms=50", "--driver",
				     getenv("EVL_CRASHER"), NULL };
	int status;

	/* The daemon dies of the signal, not of a sanitizer's report of it. */
	setenv("ASAN_OPTIONS", NO_HANDLERS, 1);
	setenv("TSAN_OPTIONS", NO_HANDLERS, 1);
	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
	ck_assert_int_ge(evl_attach_self("crash-%d", getpid()), 0);
	fd = open(node_path("crasher-place"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

/* With the driver in a process of its own. */
static void setup_isolated(void)
{
	setenv("EVL_TEST_ISOLATE", "1", 1);
	setup();
	unsetenv("EVL_TEST_ISOLATE");
}

/*
 * What is done to the file, which is armed.
 */

static void do_open(void)
{
	(void)!open(node_path("crasher-place"), O_RDWR);
}

static void do_close(void)
{
	close(fd);
}

static void do_read(void)
{
	(void)!read(fd, bytes, sizeof(bytes));
}

static void do_write(void)
{
	(void)!write(fd, bytes, sizeof(bytes));
}

static void do_poll(void)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	poll(&pfd, 1, 0);
}

static void do_mmap(void)
{
	void *mem = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fd, 0);

	if (mem != MAP_FAILED)
		munmap(mem, 8192);
}

static void do_oob_read(void)
{
	(void)!oob_read(fd, bytes, sizeof(bytes));
}

static void do_oob_write(void)
{
	(void)!oob_write(fd, bytes, sizeof(bytes));
}

static void do_oob_poll(void)
{
	int set = evl_new_poll();
	struct evl_poll_event event;

	ck_assert_int_ge(set, 0);
	ck_assert_int_eq(evl_add_pollfd(set, fd, POLLIN, evl_nil), 0);
	/* Next door a watch lasts until there is another. */
	evl_poll(set, &event, 1);
	evl_poll(set, &event, 1);
}

static void do_show(void)
{
	int attr = open(node_path(ATTRIBUTE), O_RDONLY);

	(void)!read(attr, bytes, sizeof(bytes));
}

static void do_store(void)
{
	int attr = open(node_path(ATTRIBUTE), O_WRONLY);

	(void)!write(attr, bytes, sizeof(bytes));
}

/* Who asked is told: no, or with the address @bytes has, or with any. */
enum asker { NOBODY, WITH_BYTES, ANYBODY };

static const struct {
	enum crasher_place place;
	const char *op, *function;
	void (*trigger)(void);
	enum asker asker;
} operations[] = {
	{ CRASHER_OPEN, "open", "crasher_place_open", do_open, ANYBODY },
	{ CRASHER_RELEASE, "release", "crasher_place_release", do_close,
	  NOBODY },
	{ CRASHER_READ, "read", "crasher_read", do_read, ANYBODY },
	{ CRASHER_WRITE, "write", "crasher_write", do_write, ANYBODY },
	{ CRASHER_POLL, "poll", "crasher_poll", do_poll, ANYBODY },
	{ CRASHER_FLUSH, "flush", "crasher_flush", do_close, ANYBODY },
	{ CRASHER_MMAP, "mmap", "crasher_mmap", do_mmap, ANYBODY },
	{ CRASHER_FAULT, "vma fault", "crash_in_fault", do_mmap, ANYBODY },
	{ CRASHER_CLOSE, "vma close", "crash_in_close", do_mmap, NOBODY },
	{ CRASHER_OOB_READ, "oob_read", "crasher_oob_read", do_oob_read,
	  WITH_BYTES },
	{ CRASHER_OOB_WRITE, "oob_write", "crasher_oob_write", do_oob_write,
	  WITH_BYTES },
	{ CRASHER_OOB_POLL, "oob_poll", "crasher_oob_poll", do_oob_poll,
	  ANYBODY },
	{ CRASHER_UNWATCH, "unwatch function", "crash_in_unwatch", do_oob_poll,
	  ANYBODY },
	{ CRASHER_SHOW, "show of jinx", "jinx_show", do_show, ANYBODY },
	{ CRASHER_STORE, "store of jinx", "jinx_store", do_store, ANYBODY },
};
#define NR_OPERATIONS (int)(sizeof(operations) / sizeof(operations[0]))

/* By an ioctl, in-band, and perhaps within that. */
static const struct {
	enum crasher_place place;
	const char *op, *function;
	bool within;
} calls[] = {
	{ CRASHER_WORK_ITEM, "work item", "crash_in_item", false },
	{ CRASHER_DELAYED_WORK, "work item", "crash_in_delayed", false },
	{ CRASHER_EVL_WORK, "work item", "crash_in_evl_work", false },
	{ CRASHER_SYNC_WORK, "work item", "crash_in_sync_work", false },
	{ CRASHER_KTHREAD_WORK, "work item", "crash_in_kthread_work", false },
	{ CRASHER_KTHREAD, "kernel thread jinx", "crash_in_kthread", false },
	{ CRASHER_TIMER_LIST, "timer function", "crash_in_timer_list", false },
	{ CRASHER_HRTIMER, "hrtimer function", "crash_in_hrtimer", false },
	{ CRASHER_TASKLET, "tasklet", "crash_in_tasklet", false },
	{ CRASHER_RCU, "RCU callback", "crash_in_rcu", false },
	{ CRASHER_IRQ, "interrupt handler of jinx", "crash_in_irq", false },
	{ CRASHER_IRQ_OOB, "interrupt handler of (nothing)", "crash_in_irq",
	  false },
	{ CRASHER_IRQ_THREAD, "interrupt thread of jinx", "crash_in_irq_thread",
	  false },
	{ CRASHER_PROBE, "probe of jinxed.7", "crash_in_probe", true },
	{ CRASHER_REMOVE, "remove of jinxed.7", "crash_in_remove", true },
	{ CRASHER_DEVRES, "devres release of jinxed.7", "crash_in_devres",
	  true },
	{ CRASHER_ACTION, "devm action of jinxed.7", "crash_in_action", true },
	{ CRASHER_DEVICE, "release of jinxed", "crash_in_device", true },
	{ CRASHER_DEVNODE, "devnode of jinxed", "crash_in_devnode", true },
	{ CRASHER_VISIBLE, "is_visible of jinx", "crash_in_visible", true },
	{ CRASHER_DISPOSE, "dispose function of jinx", "crash_in_dispose",
	  true },
	{ CRASHER_CLOCK, "read function of jinx", "crash_in_clock", true },
	{ CRASHER_LINE_REQUEST, "line request of jinx", "crash_in_request",
	  true },
	{ CRASHER_LINE_FREE, "line free of jinx", "crash_in_free", true },
};
#define NR_CALLS (int)(sizeof(calls) / sizeof(calls[0]))

/* Line @n of the last words, 0: "driver ...". False: there is none. */
static bool read_report(unsigned int n, char *line, size_t size)
{
	FILE *log = fopen(test_daemon.log, "r");
	bool begun = false;

	while (fgets(line, (int)size, log)) {
		begun |= strstr(line, ": SIGSEGV at ") != NULL;
		if (begun && n-- == 0)
			break;
	}
	begun = begun && !feof(log);
	fclose(log);

	return begun;
}

static void expect_line(unsigned int n, const char *text)
{
	char line[1024] = "";

	ck_assert_msg(read_report(n, line, sizeof(line)) && strstr(line, text),
		      "no '%s' in line %u: %s", text, n, line);
}

/* In @function, which crash_now() was called by, or crasher_here(). */
static void check_report(const char *op, const char *function)
{
	unsigned int n = 1;
	char text[128], line[1024];

	snprintf(text, sizeof(text),
		 "driver crasher: %s: SIGSEGV at address 0x7eadbeef0000, in "
		 "crasher.so+0x",
		 op);
	expect_line(0, text);
	if (read_report(1, line, sizeof(line)) && strstr(line, "asked by"))
		n++;
	expect_line(n, "  #0 crasher.so+0x");
	snprintf(text, sizeof(text), "(%s+0x", function);
	for (n++; read_report(n, line, sizeof(line)); n++)
		if (strstr(line, text))
			return;
	ck_abort_msg("%s: no %s", op, text);
}

static void check_asker(enum asker asker)
{
	char text[64];

	if (asker == NOBODY)
		return;
	snprintf(text, sizeof(text), "  asked by pid %d (crash-%d)", getpid(),
		 getpid());
	expect_line(1, text);
	if (asker != WITH_BYTES)
		return;
	snprintf(text, sizeof(text), ", address %#lx, %zu bytes\n",
		 (unsigned long)bytes, sizeof(bytes));
	expect_line(1, text);
}

static void crash_in_operation(int i)
{
	ck_assert_int_eq(ioctl(fd, CRASHER_SET_PLACE, operations[i].place), 0);
	operations[i].trigger();
}

static void check_operation(int i)
{
	check_report(operations[i].op, operations[i].function);
	check_asker(operations[i].asker);
}

static void check_call(int i)
{
	check_report(calls[i].op, calls[i].function);
	check_asker(calls[i].within ? ANYBODY : NOBODY);
}

static void await_said(const char *text)
{
	while (!daemon_said(&test_daemon, text))
		sched_yield();
}

static void await_end(void)
{
	int status;

	ck_assert_int_eq(waitpid(test_daemon.pid, &status, 0), test_daemon.pid);
	test_daemon.pid = 0;
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

START_TEST(operations_are_named)
{
	crash_in_operation(_i);
	await_end();
	check_operation(_i);
}
END_TEST

START_TEST(other_functions_are_named)
{
	ioctl(fd, CRASHER_CALL_IT, calls[_i].place);
	await_end();
	check_call(_i);
}
END_TEST

START_TEST(operations_are_named_next_door)
{
	crash_in_operation(_i);
	await_said("driver crasher: its process ended (");
	check_operation(_i);
	daemon_teardown();
}
END_TEST

START_TEST(other_functions_are_named_next_door)
{
	ioctl(fd, CRASHER_CALL_IT, calls[_i].place);
	await_said("driver crasher: its process ended (");
	check_call(_i);
	daemon_teardown();
}
END_TEST

/* A mapping is told of by where it was to be, and its length. */
START_TEST(a_mapping_is_told_whole)
{
	void *hint =
		mmap(NULL, 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char text[64];

	ck_assert_int_eq(ioctl(fd, CRASHER_SET_PLACE, CRASHER_MMAP), 0);
	mmap(hint, 8192, PROT_READ, MAP_SHARED | MAP_FIXED, fd, 0);
	await_end();
	snprintf(text, sizeof(text), ", address %#lx, 8192 bytes\n",
		 (unsigned long)hint);
	expect_line(1, text);
}
END_TEST

START_TEST(a_parameter_is_named)
{
	struct tool_run run;

	close(fd);
	tool_expect(0, NULL, "unload", "crasher", NULL);
	tool_run(&run, "load", getenv("EVL_CRASHER"), "jinx=1", NULL);
	ck_assert_int_ne(run.status, 0);
	await_end();
	check_report("parameter jinx", "set_jinx");
}
END_TEST

/*
 * On a worker.
 */

static const struct {
	enum crasher_place place;
	const char *op, *remedy; /* when it keeps the worker */
} oob_places[] = {
	{ CRASHER_IRQ_OOB, "interrupt handler of (nothing)",
	  "have a thread or an irq_work do it" },
	{ CRASHER_UNWATCH, "unwatch function", "have it sleep" },
	{ CRASHER_CLOCK, "read function of jinx", "have it sleep" },
};
#define NR_OOB (int)(sizeof(oob_places) / sizeof(oob_places[0]))

static void strike(int i, enum crasher_how how)
{
	unsigned long place = oob_places[i].place;

	ck_assert_int_eq(ioctl(fd, CRASHER_SET_HOW, how), 0);
	if (place != CRASHER_UNWATCH) {
		ck_assert_int_eq(oob_ioctl(fd, CRASHER_CALL_IT, place), 0);
		return;
	}
	ck_assert_int_eq(ioctl(fd, CRASHER_SET_PLACE, place), 0);
	do_oob_poll();
}

START_TEST(who_breaks_the_golden_rule_is_named)
{
	char text[128];

	daemon_rules_broken = true;
	strike(_i, CRASHER_KMALLOC);
	snprintf(text, sizeof(text),
		 "golden rule: driver crasher: its %s called kmalloc: ",
		 oob_places[_i].op);
	await_said(text);
	close(fd);
	daemon_teardown();
}
END_TEST

/* In-band there is no such rule; but who holds a lock is told of. */
static const enum crasher_place inband_places[] = {
	CRASHER_WORK_ITEM,
	CRASHER_KTHREAD,
	CRASHER_PROBE,
};
#define NR_INBAND (int)(sizeof(inband_places) / sizeof(inband_places[0]))

START_TEST(who_copies_with_a_lock_held_is_named)
{
	ck_assert_int_eq(ioctl(fd, CRASHER_SET_HOW, CRASHER_COPY), 0);
	ck_assert_int_eq(ioctl(fd, CRASHER_CALL_IT, inband_places[_i]), 0);
	await_said("driver crasher copies from or to its caller's memory with "
		   "a spin lock held");
	close(fd);
	daemon_teardown();
}
END_TEST

static void *run_hog(void *arg)
{
	if (evl_attach_self("hog-%d", getpid()) >= 0)
		strike(*(const int *)arg, CRASHER_SPIN);

	return NULL;
}

START_TEST(who_keeps_a_worker_is_named)
{
	pthread_t hog;
	char text[128];
	int crasher = open(node_path("crasher"), O_RDWR);

	ck_assert_int_eq(pthread_create(&hog, NULL, run_hog, &_i), 0);
	snprintf(text, sizeof(text), "watchdog: driver crasher: its %s",
		 oob_places[_i].op);
	await_said(text);
	ck_assert(daemon_said(&test_daemon, oob_places[_i].remedy));
	ck_assert(daemon_said(&test_daemon, "crasher.so+0x"));
	/* It may be called once more. */
	ck_assert_int_eq(ioctl(fd, CRASHER_SET_HOW, 0), 0);
	ck_assert_int_eq(ioctl(crasher, CRASHER_STOP, 0), 0);
	pthread_join(hog, NULL);
	close(crasher);
	close(fd);
	daemon_teardown();
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  daemon_bury);
}

static void add_isolated(Suite *suite, const char *name, const TTest *test,
			 int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr),
				  setup_isolated, daemon_bury);
}

int main(void)
{
	Suite *suite = suite_create("system/crash-place");

	add(suite, "operation", operations_are_named, NR_OPERATIONS);
	add(suite, "function", other_functions_are_named, NR_CALLS);
	add_isolated(suite, "isolated operation",
		     operations_are_named_next_door, NR_OPERATIONS);
	add_isolated(suite, "isolated function",
		     other_functions_are_named_next_door, NR_CALLS);
	add(suite, "mmap", a_mapping_is_told_whole, 1);
	add(suite, "param", a_parameter_is_named, 1);
	add(suite, "rule", who_breaks_the_golden_rule_is_named, NR_OOB);
	add(suite, "copy", who_copies_with_a_lock_held_is_named, NR_INBAND);
	add(suite, "hog", who_keeps_a_worker_is_named, NR_OOB);

	return suite_run(suite);
}
