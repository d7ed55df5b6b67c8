/* SPDX-License-Identifier: MIT */
/* Starting: what cannot be served is refused with a line that names the thing
 * and the remedy and a status of its own. */
#include "daemon.h"
#include "usual.h"

#include "config.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct {
	const char *option, *thing;
} bad_usage[] = {
	{ "--frobnicate", "frobnicate" },
	{ "--front", "front" },
	{ "--front=bogus", "bogus: not a valid --front" },
	{ "--front=", "--front" },
	{ "--mount=", "--mount" },
	{ "--socket=", "--socket" },
	{ "--driver=", "--driver: name one" },
	{ "--group=no-such-group", "no-such-group: no such group" },
	{ "--group=12x", "--group" },
	{ "--mode=9", "9: not a valid --mode" },
	{ "--mode=1777", "--mode" },
	{ "--mode=-1", "--mode" },
	{ "--mode=rw", "--mode" },
	{ "--oob-cpus=x", "x: not a valid CPU for --oob-cpus" },
	{ "--oob-cpus=", "--oob-cpus: no CPU is named" },
	{ "--oob-cpus=0,", "--oob-cpus" },
	{ "--oob-cpus=0,0", "--oob-cpus: CPU 0 is there twice" },
	{ "--oob-cpus=4000", "4000" },
	{ "--oob-cpus=99999", "99999" },
	{ "--oob-cpus=1-0", "1-0" },
	{ "--oob-cpus=-1", "CPU" },
	{ "--oob-priority=100", "--oob-priority" },
	{ "--oob-priority=-1", "--oob-priority" },
	{ "--oob-priority=high", "--oob-priority" },
	{ "--spin=sometimes", "sometimes: not a valid --spin" },
	{ "--spin-us=long", "--spin-us" },
	{ "--spin-us=1000001", "--spin-us" },
	{ "--poll-wake=few", "--poll-wake" },
	{ "--max-clients=0", "--max-clients=0: give at least 1" },
	{ "--max-threads=0", "--max-threads=0: give at least 1" },
	{ "--max-xbufs=00", "--max-xbufs=00: give at least 1" },
	{ "--max-clients=many", "--max-clients" },
	{ "--max-clients=99999999999999999999", "--max-clients" },
	{ "--max-threads=-5", "--max-threads" },
	{ "--max-xbufs=0x10", "--max-xbufs" },
	{ "--verbose=very", "verbose" },
	{ "stray", "stray" },
};

START_TEST(bad_usage_is_refused)
{
	struct launch l = { .args = { bad_usage[_i].option } };

	launch_refused(&l, EXIT_USAGE, bad_usage[_i].thing, NULL);
	launch_refused(&l, EXIT_USAGE, "Try", "--help");
}
END_TEST

START_TEST(too_many_drivers_are_refused)
{
	struct launch l = { .become = NULL };

	for (int i = 0; i < CONFIG_MAX_DRIVERS + 1; i++)
		l.args[i] = "--driver=/nowhere.so";
	launch_refused(&l, EXIT_USAGE, "--driver", "at most");
}
END_TEST

START_TEST(version_and_help_are_told)
{
	struct launch version = { .args = { "--version" } };
	struct launch help = { .args = { "--help" } };

	launch_refused(&version, 0, "evl-cused", NULL);
	launch_refused(&help, 0, "--max-xbufs=N", NULL);
}
END_TEST

START_TEST(without_cuse_and_fuse_there_is_no_front)
{
	launch_private_dev(0);
	usual_refused(EXIT_NO_FRONT, "/dev/cuse", "modprobe cuse",
		      "--front=auto", NULL);
	usual_refused(EXIT_NO_FRONT, "/dev/fuse", "modprobe fuse",
		      "--front=auto", NULL);
	usual_refused(EXIT_NO_FRONT, "/dev/fuse", "modprobe fuse", NULL);
}
END_TEST

START_TEST(auto_takes_fuse_where_there_is_no_cuse)
{
	struct launch l = { .become = NULL };

	launch_private_dev(0600);
	usual_refused(EXIT_NO_FRONT, "/dev/cuse", "--front=fuse",
		      "--front=cuse", NULL);
	usual_start(&l, "--front=auto", NULL);
	ck_assert(launch_said(&l, "fuse", "/dev/cuse"));
	usual_check_service();
	usual_stop(&l);
}
END_TEST

static void make_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

START_TEST(what_is_no_driver_is_refused)
{
	const char *text = launch_path("text.so"), *none = launch_path("no.so");

	make_file(text, "int main;\n");
	usual_refused(EXIT_DRIVER, none, "check the path", "--driver", none,
		      NULL);
	usual_refused(EXIT_DRIVER, text, "evl-driver", "--driver", text, NULL);
	usual_refused(EXIT_DRIVER, launch_path("dev"), "evl-driver", "--driver",
		      launch_path("dev"), NULL);
	usual_refused(EXIT_DRIVER, getenv("EVL_NO_DRIVER"), "<linux/module.h>",
		      "--driver", getenv("EVL_NO_DRIVER"), NULL);
	usual_refused(EXIT_DRIVER, getenv("EVL_UNRESOLVED"), "no_such_service",
		      "--driver", getenv("EVL_UNRESOLVED"), NULL);
	unlink(text);
}
END_TEST

START_TEST(a_driver_that_fails_is_refused)
{
	const char *fails = getenv("EVL_FAILS_INIT");
	const char *loopback = getenv("EVL_LOOPBACK");

	usual_refused(EXIT_DRIVER, fails, "ENODEV", "--driver", fails, NULL);
	usual_refused(EXIT_DRIVER, fails, "ENODEV", "--driver", loopback,
		      "--driver", fails, NULL);
	usual_refused(EXIT_DRIVER, loopback, "name it once", "--driver",
		      loopback, "--driver", loopback, NULL);
}
END_TEST

START_TEST(a_node_name_that_cannot_be_is_refused)
{
	const char *gpio = getenv("EVL_GPIO_SIM");

	usual_refused(EXIT_DRIVER, "driver gpio-sim: no node 'evl': there is",
		      "give it another name", "--driver", gpio, "node=evl",
		      NULL);
	usual_refused(EXIT_DRIVER, "no node '../../x'",
		      "begins with a dot or is no text: give it another name",
		      "--driver", gpio, "node=../../x", NULL);
	usual_refused(EXIT_DRIVER, "no node 'evl/thread/clone/x'",
		      "give it another name", "--driver", gpio,
		      "node=evl/thread/clone/x", NULL);
}
END_TEST

START_TEST(a_mount_point_in_use_is_refused)
{
	const char *dev = launch_path("dev");

	ck_assert_int_eq(mount("none", dev, "tmpfs", 0, NULL), 0);
	usual_refused(EXIT_NO_FRONT, dev, "--mount", NULL);
	ck_assert_int_eq(umount(dev), 0);

	make_file(launch_path("dev/kept"), "mine\n");
	usual_refused(EXIT_NO_FRONT, dev, "not empty", NULL);
	usual_refused(EXIT_NO_FRONT, launch_path("dev/kept"), "not a directory",
		      "--mount", launch_path("dev/kept"), NULL);
	ck_assert_int_eq(unlink(launch_path("dev/kept")), 0);

	usual_refused(EXIT_NO_FRONT, "--mount=/", "directory", "--mount=/",
		      NULL);
}
END_TEST

START_TEST(a_mount_point_too_long_is_refused_with_the_whole_reason)
{
	char path[400] = "/tmp/";

	memset(path + 5, 'm', 200);
	memset(path + 205, '/', 1);
	memset(path + 206, 'm', 100);
	usual_refused(EXIT_NO_FRONT, "too long", "choose another", "--mount",
		      path, NULL);
}
END_TEST

START_TEST(another_daemons_mount_point_is_refused)
{
	struct launch l = { .become = NULL };

	usual_start(&l, NULL);
	launch_refused(
		&(struct launch){ .args = { "--front", "fuse", "--mount",
					    launch_path("dev"), "--socket",
					    launch_path("other") } },
		EXIT_NO_FRONT, launch_path("dev"), "--mount");
	usual_check_service();
	usual_stop(&l);
}
END_TEST

START_TEST(a_second_daemon_on_a_socket_leaves_the_first_alone)
{
	struct launch first = { .become = NULL };
	struct launch second = {
		.args = { "--front", "fuse", "--mount", launch_path("dev2"),
			  "--socket", launch_path("control") },
	};

	usual_start(&first, NULL);
	for (int i = 0; i < 3; i++) {
		launch_refused(&second, EXIT_RUNNING, launch_path("control"),
			       "--socket");
		usual_check_service();
	}
	usual_stop(&first);
}
END_TEST

START_TEST(a_socket_path_too_long_is_refused)
{
	char path[300] = "/tmp/", lock[320];

	memset(path + 5, 's', 110);
	usual_refused(EXIT_OTHER, path, "--socket", "--socket", path, NULL);
	memset(path + 5, 's', 250);
	usual_refused(EXIT_OTHER, "at most", "--socket", "--socket", path,
		      NULL);

	/* Nothing of a shorter name was touched either. */
	snprintf(lock, sizeof(lock), "%.115s", path);
	ck_assert_int_ne(access(lock, F_OK), 0);
}
END_TEST

START_TEST(a_directory_that_cannot_be_written_to_is_refused)
{
	usual_refused(EXIT_OTHER, "/no/such/control", "--socket", "--socket",
		      "/no/such/control", NULL);
	usual_refused(EXIT_OTHER, "/proc/control", "--socket", "--socket",
		      "/proc/control", NULL);
	usual_refused(EXIT_NO_FRONT, "/proc/dev", "--mount", "--mount",
		      "/proc/dev", NULL);
}
END_TEST

static int listen_there(const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);

	return fd;
}

START_TEST(what_is_at_the_sockets_path_is_taken_over_only_if_dead)
{
	const char *path = launch_path("control"), *own = launch_path("own");
	struct launch l = { .become = NULL };
	char text[8] = "";
	int fd;

	make_file(own, "mine\n");
	usual_refused(EXIT_OTHER, own, "--socket", "--socket", own, NULL);
	fd = open(own, O_RDONLY);
	ck_assert_int_eq(read(fd, text, sizeof(text)), 5);
	ck_assert_str_eq(text, "mine\n");
	close(fd);
	ck_assert_int_eq(unlink(own), 0);

	fd = listen_there(path);
	launch_refused(&(struct launch){ .args = { "--front", "fuse", "--mount",
						   launch_path("dev"),
						   "--socket", path } },
		       EXIT_RUNNING, path, "--socket");
	ck_assert_int_eq(access(path, F_OK), 0);
	close(fd);

	usual_start(&l, NULL);
	usual_check_service();
	usual_stop(&l);
}
END_TEST

static rlim_t max_fds;

static void become_poor(void)
{
	const struct rlimit limit = { max_fds, max_fds };

	setrlimit(RLIMIT_NOFILE, &limit);
}

/* Once more with one more: what is refused at first is possible at last. */
START_TEST(a_start_without_descriptors_says_so)
{
	struct launch l = { .become = become_poor };
	bool ready = false;

	memcpy(l.args,
	       ((const char *[]){ "--front", "fuse", "--mount",
				  launch_path("dev"), "--socket",
				  launch_path("control") }),
	       6 * sizeof(char *));
	for (max_fds = 5; max_fds < 100 && !ready; max_fds++) {
		ready = launch(&l);
		if (ready)
			ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
		else
			ck_assert(launch_said(&l, "descriptors", "ulimit -n"));
		ck_assert(!launch_listening(launch_path("")));
		launch_close(&l);
	}
	ck_assert(ready);
}
END_TEST

static void close_standard_fds(void)
{
	for (int fd = 0; fd <= STDERR_FILENO; fd++)
		close(fd);
}

START_TEST(without_standard_descriptors_it_takes_none_for_them)
{
	struct launch l = { .become = close_standard_fds };
	char path[64], target[64];
	ssize_t len;

	usual_start(&l, NULL);
	for (int fd = 0; fd <= STDERR_FILENO; fd++) {
		snprintf(path, sizeof(path), "/proc/%d/fd/%d", l.pid, fd);
		len = readlink(path, target, sizeof(target) - 1);
		ck_assert_int_gt(len, 0);
		target[len] = '\0';
		ck_assert_str_eq(target, "/dev/null");
	}
	usual_stop(&l);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/start");
	TCase *tcase = tcase_create("usage");

	tcase_add_checked_fixture(tcase, launch_setup, launch_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, bad_usage_is_refused, 0,
			    sizeof(bad_usage) / sizeof(bad_usage[0]));
	tcase_add_test(tcase, too_many_drivers_are_refused);
	tcase_add_test(tcase, version_and_help_are_told);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("start");
	tcase_add_checked_fixture(tcase, usual_setup, usual_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_test(tcase, without_cuse_and_fuse_there_is_no_front);
	tcase_add_test(tcase, auto_takes_fuse_where_there_is_no_cuse);
	tcase_add_test(tcase, what_is_no_driver_is_refused);
	tcase_add_test(tcase, a_driver_that_fails_is_refused);
	tcase_add_test(tcase, a_node_name_that_cannot_be_is_refused);
	tcase_add_test(tcase, a_mount_point_in_use_is_refused);
	tcase_add_test(tcase,
		       a_mount_point_too_long_is_refused_with_the_whole_reason);
	tcase_add_test(tcase, another_daemons_mount_point_is_refused);
	tcase_add_test(tcase,
		       a_second_daemon_on_a_socket_leaves_the_first_alone);
	tcase_add_test(tcase, a_socket_path_too_long_is_refused);
	tcase_add_test(tcase, a_directory_that_cannot_be_written_to_is_refused);
	tcase_add_test(tcase,
		       what_is_at_the_sockets_path_is_taken_over_only_if_dead);
	tcase_add_test(tcase, a_start_without_descriptors_says_so);
	tcase_add_test(tcase,
		       without_standard_descriptors_it_takes_none_for_them);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
