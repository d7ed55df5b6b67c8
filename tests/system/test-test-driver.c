/* SPDX-License-Identifier: MIT */
/*
 * evl test-driver: a driver which is right passes, and each thing that is wrong
 * with one is found where it is, and said.
 */
#include "tool.h"

#include "../helpers.h"

#include <check.h>
#include <json-c/json.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* For what hangs: not so long that we do, and long enough for all else. */
#define PATIENCE "--patience=2"

/* Tools at a time, each with a daemon: most of their time is patience. */
#define AT_ONCE 8

static void assert_said(const struct tool_run *run, const char *text)
{
	ck_assert_msg(strstr(run->text, text) != NULL, "no '%s' in: %s", text,
		      run->text);
}

START_TEST(a_right_driver_passes)
{
	struct tool_run run;

	ck_assert_msg(tool_run(&run, getenv("EVL_LOOPBACK"), NULL) == 0, "%s",
		      run.text);
	assert_said(&run, "loopback: 34 passed, 0 failed, 0 not applicable\n");
}
END_TEST

static const char *const shipped[] = { "EVL_GPIO_SIM", "EVL_HECTIC",
				       "EVL_LATMUS" };

START_TEST(drivers_of_ours_pass)
{
	struct tool_run run;

	ck_assert_msg(tool_run(&run, getenv(shipped[_i]), NULL) == 0, "%s",
		      run.text);
	assert_said(&run, ", 0 failed, ");
}
END_TEST

START_TEST(what_it_has_not_is_not_asked_of_it)
{
	struct tool_run run;

	ck_assert_msg(tool_run(&run, getenv("EVL_SLOW_RELEASE"), NULL) == 0,
		      "%s", run.text);
	assert_said(&run, "passed          read-nonblock\n");
	assert_said(&run, "not applicable  oob-read-signal: there is no such "
			  "operation\n");
	assert_said(&run, " 0 failed, ");
}
END_TEST

static const struct fault {
	const char *name;    /* of unfit.c, whose parameter it is */
	const char *said[5]; /* beginnings of lines */
	bool hangs;
	unsigned int nr_failed; /* 0: as many as there are, on a busy machine */
	bool right;
	const char *driver; /* another one, by its variable */
} faults[] = {
	{ .driver = "EVL_STUBBORN",
	  .said = { "failed          oob-read-nonblock: hangs in ",
		    "failed          oob-read-signal: hangs in ",
		    "failed          oob-ioctl-unknown: hangs in ",
		    "failed          oob-close-inside: hangs in close() ",
		    "passed          load-again\n" },
	  .hangs = true },
	{ .name = "endless_exit",
	  .said = { "failed          unload: hangs in the exit function" },
	  .hangs = true },
	{ .name = "none",
	  .said = { "passed          golden-rule\n" },
	  .right = true },
	{ .name = "sink",
	  .said = { "passed          oob-write-pointer\n" },
	  .right = true },
	{ .name = "refuses",
	  .said = { "failed          open: open() fails: " },
	  .nr_failed = 1 },
	{ .name = "once",
	  .said = { "failed          open: open() fails: " },
	  .nr_failed = 1 },
	{ .name = "sleeps",
	  .said = { "failed          read-nonblock: hangs in read() of ",
		    "failed          oob-write-nonblock: hangs in oob_write() of 1 " },
	  .hangs = true },
	{ .name = "empty",
	  .said = { "failed          read-signal: read() sleeps, but with O_NONBLOCK "
		    "it returns 0; return -EAGAIN",
		    "failed          oob-write-signal: oob_write() sleeps, but" } },
	{ .name = "deaf",
	  .said = { "failed          oob-read-signal: hangs in oob_read() after a "
		    "signal; return the error",
		    "failed          oob-killed-inside: " },
	  .hangs = true },
	{ .name = "deaf_inband",
	  .said = { "failed          read-signal: a file is open after its process has "
		    "ended",
		    "failed          killed-inside: " },
	  .hangs = true },
	{ .name = "eio",
	  .said = { "failed          oob-read-signal: oob_read() fails after a signal, "
		    "but not with EINTR: Input/output error",
		    "failed          oob-write-signal: " },
	  .nr_failed = 2 },
	{ .name = "silent",
	  .said = { "failed          oob-read-woken: hangs in oob_read(), asleep, "
		    "after write()",
		    "failed          oob-write-woken: hangs in " },
	  .hangs = true },
	{ .name = "silent_inband",
	  .said = { "failed          read-woken: hangs in read(), asleep, after ",
		    "failed          write-woken: hangs in write(), asleep, after ",
		    "failed          poll-woken: hangs in poll(), asleep, after " },
	  .hangs = true },
	{ .name = "mute_poll",
	  .said = { "failed          oob-poll-woken: hangs in evl_poll(), asleep, "
		    "after " },
	  .hangs = true },
	{ .name = "always_ready",
	  .said = { "failed          poll-input: poll says it is ready, but read() "
		    "says EAGAIN",
		    "failed          poll-output: ",
		    "failed          oob-poll-input: oob_poll says it is ready, but ",
		    "failed          oob-poll-output: " },
	  .nr_failed = 4 },
	{ .name = "never_ready",
	  .said = { "failed          poll-input: poll does not say it is ready, but "
		    "read() returns 1",
		    "failed          oob-poll-input: " },
	  .hangs = true },
	{ .name = "blind",
	  .said = { "failed          oob-read-pointer: oob_read() returns 1 with a "
		    "pointer to what is not mapped",
		    "passed          oob-write-pointer\n" },
	  .nr_failed = 1 },
	{ .name = "odd",
	  .said = { "failed          oob-read-pointer: oob_read() fails otherwise than "
		    "with EFAULT with a pointer to what is not mapped: Input/output",
		    "failed          oob-write-pointer: oob_write() fails otherwise " },
	  .nr_failed = 2 },
	{ .name = "yes",
	  .said = { "failed          ioctl-unknown: ioctl() accepts ",
		    "failed          oob-ioctl-unknown: oob_ioctl() accepts " },
	  .nr_failed = 2 },
	{ .name = "eperm",
	  .said = { "failed          ioctl-unknown: ioctl() fails otherwise than with "
		    "ENOTTY",
		    "failed          oob-ioctl-unknown: " },
	  .nr_failed = 2 },
	{ .name = "kmalloc",
	  .said = { "failed          golden-rule: out-of-band code did what it must "
		    "not: " },
	  .nr_failed = 1 },
	{ .name = "endless_release",
	  .said = { "failed          open: ", "passed          unload\n" },
	  .hangs = true },
	{ .name = "lazy_release",
	  .said = { "failed          oob-close-inside: hangs in close() with a thread "
		    "inside oob_read()" },
	  .hangs = true },
	{ .name = "endless_init",
	  .said = { "failed          load: hangs in the init function" },
	  .hangs = true },
	{ .name = "litters",
	  .said = { "failed          unload: driver unfit left 1 misc devices behind" },
	  .nr_failed = 1 },
};

#define NR_FAULTS (sizeof(faults) / sizeof(faults[0]))

/* Some of them are busy when they hang, which must not keep the others' tools
 * from what they do. */
static void start_one(const struct fault *fault, struct tool_run *run)
{
	const char *modest = "--daemon-arg=--oob-priority=0";
	char param[64];

	if (fault->driver) {
		tool_start(run, PATIENCE, modest, getenv(fault->driver), NULL);
		return;
	}
	snprintf(param, sizeof(param), "fault=%s", fault->name);
	tool_start(run, modest, getenv("EVL_UNFIT"), param,
		   fault->hangs ? PATIENCE : NULL, NULL);
}

static void judge(const struct fault *fault, const struct tool_run *run)
{
	char count[32];

	ck_assert_msg(run->status == (fault->right ? 0 : 1),
		      "%s: status %d: %s",
		      fault->name ? fault->name : fault->driver, run->status,
		      run->text);
	for (int i = 0; i < 5 && fault->said[i]; i++)
		assert_said(run, fault->said[i]);
	if (fault->nr_failed || fault->right) {
		snprintf(count, sizeof(count), " %u failed, ",
			 fault->nr_failed);
		assert_said(run, count);
	}
}

START_TEST(each_fault_is_found)
{
	static struct tool_run runs[NR_FAULTS];

	for (size_t i = 0; i < NR_FAULTS + AT_ONCE; i++) {
		if (i >= AT_ONCE) {
			tool_wait(&runs[i - AT_ONCE]);
			judge(&faults[i - AT_ONCE], &runs[i - AT_ONCE]);
		}
		if (i < NR_FAULTS)
			start_one(&faults[i], &runs[i]);
	}
}
END_TEST

/* A sanitizer would tell of it in its own words. */
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CRASHES 1
START_TEST(a_crash_is_one_failure_and_no_more)
{
	struct tool_run run;

	ck_assert_int_eq(
		tool_run(&run, getenv("EVL_UNFIT"), "fault=crash", NULL), 1);
	assert_said(&run, "failed          ioctl-unknown: evl-cused ended "
			  "during ioctl() of the unknown command ");
	assert_said(&run, "SIGSEGV at address 0x1234567000");
	assert_said(&run, "unfit: 32 passed, 2 failed, 0 not applicable\n");
}
END_TEST
#endif

START_TEST(a_dereferenced_pointer_is_found)
{
	struct tool_run run;

	ck_assert_int_eq(tool_run(&run, getenv("EVL_CARELESS"), NULL), 1);
	assert_said(&run, "failed          read-nonblock: driver careless: its "
			  "read dereferenced a __user pointer");
	assert_said(&run,
		    "failed          write-nonblock: driver careless: its "
		    "write dereferenced a __user pointer");
#ifndef __SANITIZE_THREAD__ /* which says where memory may be */
	assert_said(&run,
		    "failed          oob-write-nonblock: driver careless: "
		    "its oob_write dereferenced a __user pointer");
#endif
}
END_TEST

START_TEST(what_runs_on_is_found)
{
	struct tool_run run;

	ck_assert_int_eq(tool_run(&run, getenv("EVL_FORGETFUL"), NULL), 1);
	assert_said(&run, "not applicable  node: it makes no node\n");
	assert_said(&run, "failed          unload: warning: driver forgetful "
			  "left its kernel thread forgotten behind");

	ck_assert_int_eq(tool_run(&run, getenv("EVL_VERSION_1"), NULL), 1);
	assert_said(&run,
		    "failed          unload: driver version_1 left 1 misc "
		    "devices behind");
}
END_TEST

/* An option with a driver's path in it, "%s". */
static const char *option(char text[4200], const char *fmt, const char *driver)
{
	const char *at = strstr(fmt, "%s");

	snprintf(text, 4200, "%.*s%s%s", (int)(at - fmt), fmt, getenv(driver),
		 at + 2);

	return text;
}

START_TEST(what_cannot_be_loaded_fails)
{
	struct tool_run run;
	char with[4200];

	ck_assert_int_eq(tool_run(&run, getenv("EVL_FAILS_INIT"), NULL), 1);
	assert_said(&run, "failed          load: it cannot be loaded: ");
	assert_said(&run, "ENODEV");
	assert_said(&run, ": 0 passed, 1 failed, 0 not applicable\n");

	/* Another's symbols. */
	ck_assert_int_eq(tool_run(&run, getenv("EVL_CONSUMER"), NULL), 1);
	assert_said(&run, "provider_count (load ");
	tool_run(&run, "--with", getenv("EVL_PROVIDER"), getenv("EVL_CONSUMER"),
		 NULL);
	assert_said(&run, "passed          load\n");
	assert_said(&run, "passed          open\n");

	option(with, "--with='%s' lines=\"1 2\"", "EVL_GPIO_SIM");
	ck_assert_int_eq(tool_run(&run, with, getenv("EVL_LOOPBACK"), NULL), 1);
	assert_said(&run, "parameter lines cannot be '1 2'");
}
END_TEST

START_TEST(a_platform_driver_gets_its_devices)
{
	struct tool_run run;
	char with[4200];

	ck_assert_msg(tool_run(&run, "--device", " balky.1\tirq='22' ",
			       getenv("EVL_BALKY"), NULL) == 0,
		      "%s", run.text);
	assert_said(&run, "passed          probe\npassed          node\n"
			  "passed          open\n");
	/* Of two it can have only one. */
	ck_assert_int_eq(tool_run(&run, "--device=balky.1 irq=22",
				  "--device=balky.2 irq=23",
				  getenv("EVL_BALKY"), NULL),
			 1);
	assert_said(&run, "failed          probe: device balky.2: the probe "
			  "function of driver balky failed with -16 (EBUSY");

	ck_assert_int_eq(tool_run(&run, "--device=balky irq=22 reg='0 4'",
				  getenv("EVL_BALKY"), "stuck=again", NULL),
			 1);
	assert_said(&run, "passed          probe\n");
	assert_said(&run, "failed          load-again: device balky: the probe "
			  "function of driver balky failed with -5 (EIO: ");
	assert_said(&run, "; have remove() undo what probe() did\n");
	assert_said(&run, ", 1 failed, ");

	/* Lines whose interrupts a parameter of their chip's makes. Its reads
	 * hang, which is another matter. */
	option(with, "--with='%s' irq=40 names=\"a,fault\"", "EVL_GPIO_SIM");
	tool_run(&run, PATIENCE, with,
		 "--device=servo reg=\"0x1000 16\" irq=21 limit=180 "
		 "fault-gpios='gpio-sim fault active-low'",
		 getenv("EVL_SERVO"), NULL);
	assert_said(&run, "passed          probe\npassed          node\n");
	assert_said(&run, "passed          load-again\n");
}
END_TEST

static const struct {
	const char *with, *device; /* whole options; NULL: none */
	const char *said;
} unbound[] = {
	{ "--with='%s'",
	  "--device=servo reg='0 16' irq=5 limit=1 "
	  "fault-gpios='gpio-sim 1'",
	  "probe: device servo: the probe function of driver servo failed with "
	  "-6 (ENXIO: No such device or address): servo: error -6: no interrupt; "
	  "give the device what" },
	{ NULL,
	  "--device=servo reg='0 16' irq=5 limit=1 fault-gpios='gpio-sim 1'",
	  "probe: device servo: driver servo waits for something it needs "
	  "(EPROBE_DEFER); load what it waits for" },
	{ NULL, "--device=lamp",
	  "probe: no driver has the device lamp; give it a compatible=" },
	{ NULL, "--daemon-arg=--device=servo.1",
	  "probe: device servo.1: the probe function of driver servo failed with "
	  "-22 (EINVAL: Invalid argument): servo.1: no registers were" },
};

START_TEST(a_device_without_its_driver_fails)
{
	const char *with = unbound[_i].with;
	struct tool_run run;
	char text[4200];

	with = with ? option(text, with, "EVL_GPIO_SIM") : "--patience=2";
	ck_assert_int_eq(tool_run(&run, with, unbound[_i].device,
				  getenv("EVL_SERVO"), NULL),
			 1);
	assert_said(&run, "passed          load\nfailed          probe: ");
	assert_said(&run, unbound[_i].said);
	assert_said(&run, ", 1 failed, ");
}
END_TEST

/* Who is in a process of its own, too. */
START_TEST(an_isolated_driver_is_probed)
{
	struct tool_run run;

	ck_assert_int_eq(tool_run(&run, "--device=servo.1 reg='0 16' irq=5",
				  getenv("EVL_SERVO"), "isolate=yes", NULL),
			 1);
	assert_said(&run, "EINVAL: Invalid argument): servo.1: error -22: no "
			  "limit; ");
	ck_assert_msg(tool_run(&run, "--device=balky irq=5",
			       getenv("EVL_BALKY"), "isolate=yes", NULL) == 0,
		      "%s", run.text);
	assert_said(&run, "passed          probe\n");
}
END_TEST

START_TEST(a_node_can_be_named)
{
	struct tool_run run;

	ck_assert_int_eq(tool_run(&run, "--node=/dev/unfit", "--size=1",
				  getenv("EVL_UNFIT"), NULL),
			 0);
	ck_assert_int_eq(
		tool_run(&run, "--node=other", getenv("EVL_UNFIT"), NULL), 1);
	assert_said(&run, "failed          node: the driver has no node other");
}
END_TEST

START_TEST(json_has_it_all)
{
	struct json_object *root, *checks, *check, *value;
	struct tool_run run;
	size_t nr_failed = 0;

	ck_assert_int_eq(tool_run(&run, "--json", getenv("EVL_UNFIT"),
				  "fault=yes", NULL),
			 1);
	root = json_tokener_parse(run.text);
	ck_assert_msg(root != NULL, "%s", run.text);
	ck_assert(json_object_object_get_ex(root, "driver", &value));
	ck_assert_str_eq(json_object_get_string(value), "unfit");
	ck_assert(json_object_object_get_ex(root, "failed", &value));
	ck_assert_int_eq(json_object_get_int(value), 2);
	ck_assert(json_object_object_get_ex(root, "checks", &checks));
	ck_assert_uint_eq(json_object_array_length(checks), 34);
	for (size_t i = 0; i < json_object_array_length(checks); i++) {
		check = json_object_array_get_idx(checks, i);
		json_object_object_get_ex(check, "result", &value);
		if (strcmp(json_object_get_string(value), "failed") != 0)
			continue;
		nr_failed++;
		ck_assert(json_object_object_get_ex(check, "node", &value));
		ck_assert_str_eq(json_object_get_string(value), "unfit");
		ck_assert(json_object_object_get_ex(check, "reason", NULL));
		ck_assert(json_object_object_get_ex(check, "remedy", NULL));
	}
	ck_assert_uint_eq(nr_failed, 2);
	json_object_put(root);
}
END_TEST

START_TEST(bad_usage_is_refused)
{
	const char *driver = getenv("EVL_LOOPBACK");

	tool_expect(2, "which driver?", NULL);
	tool_expect(2, "no such driver: give the path of its .so",
		    "/nowhere/a.so", NULL);
	tool_expect(2, "no such driver", "nowhere", NULL);
	tool_expect(2, "no such driver", "--with", "nowhere", driver, NULL);
	tool_expect(2, "is empty", "", NULL);
	tool_expect(2, "--with= : name one", "--with= ", driver, NULL);
	tool_expect(2, "--device='' a: name one", "--device='' a", driver,
		    NULL);
	tool_expect(2, "a quote has no end", "--device=a b=\"c d", driver,
		    NULL);
	tool_expect(3, "a name, please", "--device=a/b", driver, NULL);
	tool_expect(2, "--size: 0 is not from 1 to 65536", "--size=0", driver,
		    NULL);
	tool_expect(2, "--size: 65537 is not", "--size=65537", driver, NULL);
	tool_expect(2, "--patience: -1 is not", "--patience=-1", driver, NULL);
	tool_expect(2, "--patience: x is not", "--patience=x", driver, NULL);
	tool_expect(3, "No such file", "--daemon=/nowhere/evl-cused", driver,
		    NULL);
	tool_expect(3, "--no-such-option", "--daemon-arg=--no-such-option",
		    driver, NULL);
	tool_expect(0, "check that a driver does", "-@", NULL);
}
END_TEST

START_TEST(a_signal_ends_it)
{
	struct tool_run run;

	tool_start(&run, "--patience=600", getenv("EVL_UNFIT"), "fault=sleeps",
		   NULL);
	while (pread(run.fd, run.text, 1, 0) != 1)
		sched_yield();
	ck_assert_int_eq(kill(run.pid, SIGTERM), 0);
	ck_assert_int_eq(tool_wait(&run), 128 + SIGTERM);
}
END_TEST

static void use_tool(void)
{
	setenv("EVL_DRIVER_TOOL", getenv("EVL_TEST_DRIVER"), 1);
	unsetenv("EVL_DRIVER_PATH");
}

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	TCase *tcase = suite_add(suite, name, test, nr);

	tcase_add_checked_fixture(tcase, use_tool, NULL);
	/* Several times the patience. */
	tcase_set_timeout(tcase, 300);
}

int main(void)
{
	Suite *suite = suite_create("system/test-driver");

	add(suite, "right", a_right_driver_passes, 1);
	add(suite, "shipped", drivers_of_ours_pass, 3);
	add(suite, "absent", what_it_has_not_is_not_asked_of_it, 1);
	add(suite, "faults", each_fault_is_found, 1);
#ifdef CRASHES
	add(suite, "crash", a_crash_is_one_failure_and_no_more, 1);
#endif
	add(suite, "pointers", a_dereferenced_pointer_is_found, 1);
	add(suite, "behind", what_runs_on_is_found, 1);
	add(suite, "load", what_cannot_be_loaded_fails, 1);
	add(suite, "probe", a_platform_driver_gets_its_devices, 1);
	add(suite, "unbound", a_device_without_its_driver_fails,
	    sizeof(unbound) / sizeof(unbound[0]));
	add(suite, "isolated", an_isolated_driver_is_probed, 1);
	add(suite, "node", a_node_can_be_named, 1);
	add(suite, "json", json_has_it_all, 1);
	add(suite, "usage", bad_usage_is_refused, 1);
	add(suite, "signal", a_signal_ends_it, 1);

	return suite_run(suite);
}
