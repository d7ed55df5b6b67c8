/* SPDX-License-Identifier: MIT */
/*
 * Drivers which come and go while the daemon runs. evl-driver is run as people
 * run it.
 */
#include "daemon.h"
#include "raw-client.h"
#include "tool.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define VERSION_SLEEP 0x5600 /* of version.c */

static void setup(void)
{
	const char *const args[] = { "--verbose", NULL };

	daemon_setup_with(args);
}

static void assert_counts(int own, int providers)
{
	int fd = open(node_path("consumer"), O_RDONLY), counts[2];

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(read(fd, counts, sizeof(counts)), sizeof(counts));
	ck_assert_int_eq(counts[0], own);
	ck_assert_int_eq(counts[1], providers);
	close(fd);
}

START_TEST(given_together_they_are_put_in_order)
{
	const char *one = getenv("EVL_PROVIDER"), *two = getenv("EVL_CONSUMER");
	const char *const args[] = { "--driver", _i ? one : two, "--driver",
				     _i ? two : one, NULL };

	daemon_setup_with(args);
	assert_counts(1, 101);
	assert_counts(2, 102);
}
END_TEST

START_TEST(who_is_used_is_loaded_first_and_unloaded_last)
{
	char text[256];

	/* The other one is beside it. */
	snprintf(text, sizeof(text), "provider_count (load %s first)",
		 getenv("EVL_PROVIDER"));
	tool_expect(TOOL_CANNOT_LOAD, text, "load", getenv("EVL_CONSUMER"),
		    NULL);
	tool_expect(0, NULL, "load", getenv("EVL_PROVIDER"), NULL);
	tool_expect(0, NULL, "load", getenv("EVL_CONSUMER"), NULL);
	assert_counts(1, 101);

	tool_expect(TOOL_IN_USE, "driver provider: in use by consumer",
		    "unload", "provider", NULL);
	assert_counts(2, 102);
	tool_expect(0, NULL, "unload", "consumer", NULL);
	tool_expect(0, NULL, "unload", "provider", NULL);
	tool_expect(TOOL_CANNOT_LOAD, "provider_count", "load",
		    getenv("EVL_CONSUMER"), NULL);
}
END_TEST

static void load_version(void)
{
	tool_expect(0, NULL, "load", getenv("EVL_VERSION_1"), NULL);
}

static int open_version(void)
{
	int fd = open(node_path("version"), O_RDWR);

	ck_assert_int_ge(fd, 0);

	return fd;
}

START_TEST(an_open_file_keeps_it)
{
	int fd, other;
	char text[64];

	load_version();
	ck_assert_int_ge(evl_attach_self("opener-%d", getpid()), 0);
	fd = open_version();
	other = open_version();
	ck_assert_int_eq(oob_ioctl(fd, 0), 1001);

	snprintf(text, sizeof(text), "2 files are open, by pid %d (opener-",
		 getpid());
	tool_expect(TOOL_IN_USE, text, "unload", "version_1", NULL);
	/* It goes on. */
	ck_assert_int_eq(oob_ioctl(fd, 0), 1002);
	ck_assert_int_eq(ioctl(other, 0), 1003);
	close(other);
	tool_expect(TOOL_IN_USE, "1 file is open, by pid", "unload",
		    "version_1", NULL);
	close(fd);
	tool_expect(0, NULL, "unload", "version_1", NULL);
	ck_assert_int_eq(evl_detach_self(), 0);

	/* What it left behind is gone. */
	ck_assert_int_eq(open(node_path("version"), O_RDWR), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert(daemon_said(&test_daemon,
			      "driver version_1 left 1 misc devices behind"));
}
END_TEST

static int sleep_inband(void *arg)
{
	int fd = open(node_path("version"), O_RDWR);

	return ioctl(fd, VERSION_SLEEP) < 0 ? 1 : 0;
}

static int sleep_oob(void *arg)
{
	int fd;

	if (evl_attach_self("sleeper-%d", getpid()) < 0)
		return 2;
	fd = open(node_path("version"), O_RDWR);

	return oob_ioctl(fd, VERSION_SLEEP) < 0 ? 1 : 0;
}

START_TEST(a_fiber_asleep_inside_keeps_it)
{
	pid_t child;

	load_version();
	child = child_start(_i ? sleep_oob : sleep_inband, NULL);
	while (raw_driver_info("version_1").nr_files == 0)
		sched_yield();
	wait_until_asleep(child, child);
	tool_expect(TOOL_IN_USE, "1 file is open", "unload", "version_1", NULL);

	/* Its file is released once the fiber has left; that is waited for. */
	kill(child, SIGKILL);
	ck_assert_int_eq(child_wait(child), 128 + SIGKILL);
	while (tool_run(&(struct tool_run){ 0 }, "unload", "version_1", NULL) ==
	       TOOL_IN_USE)
		sched_yield();
	ck_assert(daemon_said(&test_daemon, "driver version_1: unloaded"));
}
END_TEST

static void copy_file(const char *from, const char *to)
{
	char command[1200];

	snprintf(command, sizeof(command), "cat %s > %s", from, to);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(loaded_again_it_is_another_one)
{
	const char *const files[] = { getenv("EVL_VERSION_1"),
				      getenv("EVL_VERSION_2") };
	char path[160];
	int fd, which;

	ck_assert_int_ge(evl_attach_self("user-%d", getpid()), 0);
	snprintf(path, sizeof(path), "%s/version.so", test_daemon.dir);
	for (int i = 0; i < 30; i++) {
		which = i % 2;
		copy_file(files[which], path);
		tool_expect(0, NULL, "load", path, NULL);
		/* Built anew while it is loaded. */
		copy_file(files[!which], path);

		fd = open_version();
		ck_assert_int_eq(ioctl(fd, 0), (which + 1) * 1000 + 1);
		ck_assert_int_eq(oob_ioctl(fd, 0), (which + 1) * 1000 + 2);
		close(fd);
		tool_expect(0, NULL, "unload", "version", NULL);
	}
	unlink(path);
	ck_assert_int_eq(evl_detach_self(), 0);
}
END_TEST

START_TEST(a_cycle_leaves_a_descriptor_and_no_more)
{
	struct daemon_usage before = { 0 }, after;

	for (int i = 0; i < 40; i++) {
		load_version();
		close(open_version());
		tool_expect(0, NULL, "unload", "version_1", NULL);
		if (i == 9)
			before = daemon_usage(&test_daemon);
	}
	after = daemon_usage(&test_daemon);
	/* And the last tool's connection, perhaps. */
	ck_assert_uint_le(after.nr_fds, before.nr_fds + 30 + 2);
	ck_assert_uint_eq(after.nr_threads, before.nr_threads);
	ck_assert_uint_le(after.nr_maps, before.nr_maps + 30 * 8);
}
END_TEST

/* In the build tree; EVL_DRIVER_PATH comes first. */
START_TEST(names_are_looked_up)
{
	char dir[128], path[192];

	tool_expect(0, NULL, "load", "loopback", NULL);
	tool_expect(0, NULL, "unload", "loopback", NULL);
	daemon_stop(&test_daemon);

	snprintf(dir, sizeof(dir), "/nonexistent:%s", test_daemon.dir);
	snprintf(path, sizeof(path), "%s/my-params.so", test_daemon.dir);
	copy_file(getenv("EVL_PARAMS"), path);
	setenv("EVL_DRIVER_PATH", dir, 1);
	daemon_setup_with((const char *const[]){ "--driver", "my_params",
						 "int=1", NULL });
	tool_expect(0, "my_params", "list", NULL);
	tool_expect(0, path, "list", NULL);
	tool_expect(0, path, "info", "my-params", NULL);
	unlink(path);
}
END_TEST

START_TEST(a_sleeping_init_function_does_not_keep_the_daemon)
{
	struct tool_run run;

	tool_start(&run, "load", getenv("EVL_VERSION_1"), "asleep", NULL);
	while (open(node_path("version"), O_RDWR) < 0)
		sched_yield();
	ck_assert_int_eq(daemon_stop(&test_daemon), 0);
	tool_wait(&run);
	ck_assert_int_ne(run.status, 0);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr,
		void (*before)(void))
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), before,
				  daemon_teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/driver");

	add(suite, "order", given_together_they_are_put_in_order, 2, NULL);
	add(suite, "used", who_is_used_is_loaded_first_and_unloaded_last, 1,
	    setup);
	add(suite, "open", an_open_file_keeps_it, 1, setup);
	add(suite, "asleep", a_fiber_asleep_inside_keeps_it, 2, setup);
	add(suite, "again", loaded_again_it_is_another_one, 1, setup);
	add(suite, "cycles", a_cycle_leaves_a_descriptor_and_no_more, 1, setup);
	add(suite, "names", names_are_looked_up, 1, setup);
	add(suite, "init", a_sleeping_init_function_does_not_keep_the_daemon, 1,
	    setup);

	return suite_run(suite);
}
