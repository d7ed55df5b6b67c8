/* SPDX-License-Identifier: MIT */
/* The configuration file: what it may say, what overrides it, and what is said
 * of a mistake in it. */
#include "launch.h"

#include "../helpers.h"
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

static void write_file(const char *path, const char *text, size_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, text, size), (ssize_t)size);
	close(fd);
}

static const char *make_config(const char *text)
{
	const char *path = launch_path("conf");

	write_file(path, text, strlen(text));

	return path;
}

static const struct {
	const char *text;
	unsigned int line;
	const char *thing, *remedy;
} mistakes[] = {
	{ "nonsense\n", 1, "neither", "[SECTION]" },
	{ "\n# fine\n[daemon]\nspin\n", 4, "neither", "KEY = VALUE" },
	{ "spin = never\n", 1, "spin: in no section", "[daemon]" },
	{ "[daemon\n", 1, "without its ]", "write" },
	{ "[demon]\n", 1, "[demon]: no such section", "[daemon]" },
	{ "[daemon]\nspni = never\n", 2, "spni: no such option", "--help" },
	{ "[daemon]\nspin = sometimes\n", 2, "sometimes: not a valid spin",
	  "never|adaptive|always" },
	{ "[daemon]\nspin =\n", 2, "not a valid spin", "never|adaptive" },
	{ "[daemon]\nspin = never\n\nspin = never\n", 4, "spin is there twice",
	  "say it once" },
	{ "[daemon]\nspin_us = 1\nspin-us = 1\n", 3, "spin-us is there twice",
	  "once" },
	{ "[daemon]\n front = fuse\n", 2, "begins with a blank", "remove" },
	{ "[daemon]\nfront = uio\n", 2, "uio: not a valid front", "cuse" },
	{ "[daemon]\nmode = 9\n", 2, "9: not a valid mode", "octal" },
	{ "[daemon]\ngroup = no-such-group\n", 2, "no-such-group", "getent" },
	{ "[daemon]\noob-cpus = x\n", 2, "x: not a valid CPU", "2,3 or 4-7" },
	{ "[daemon]\noob_cpus = 0,0\n", 2, "CPU 0 is there twice", "once" },
	{ "[daemon]\noob-priority = 100\n", 2, "100: not a valid oob-priority",
	  "0 to 99" },
	{ "[daemon]\nspin-us = -1\n", 2, "-1: not a valid", "0 to 1000000" },
	{ "[daemon]\npoll-wake = few\n", 2, "few", "one|all" },
	{ "[daemon]\nmax-clients = 0\n", 2, "max-clients=0", "at least 1" },
	{ "[daemon]\nmax-threads = many\n", 2, "many", "0 to" },
	{ "[daemon]\nsocket =\n", 2, "socket: an empty path", "give one" },
	{ "[daemon]\nverbose = very\n", 2, "very: not a valid", "yes or no" },
	{ "[daemon]\ndriver = loopback\n", 2, "sections of their own",
	  "[driver loopback]" },
	{ "[daemon]\nconfig = x\n", 2, "config: no such option", "--help" },
	{ "[driver ]\n", 1, "driver", "name one" },
	{ "[driver]\n", 1, "[driver]: no such section", "[driver NAME]" },
	{ "[driver a.so]\n", 1, "[driver a.so]", "path =" },
	{ "[driver a/b]\n", 1, "[driver a/b]", "path =" },
	{ "[driver a]\npath =\n", 2, "path: an empty path", "give one" },
	{ "[driver a-b]\n[driver a_b]\n", 2, "[driver a_b] is there twice",
	  "one of them" },
	{ "[driver a]\nrate = 5\n", 2, "rate: no such key", "param.NAME" },
	{ "[driver a]\nparam. = 5\n", 2, "param.: no such key", "param.NAME" },
	{ "[driver a]\nparam.x = 5\nparam.x = 6\n", 3, "param.x is there twice",
	  "once" },
	{ "[driver a]\nisolate = perhaps\n", 2, "perhaps", "yes or no" },
	{ "[driver a]\nparam.a_very_long_name_of_a_parameter_that_goes_on_and_on "
	  "= 1\n",
	  2, "too long for a key", "at most" },
	{ "[device]\n", 1, "[device]: no such section", "[device NAME]" },
	{ "[device ]\n", 1, "without a name", "give it one" },
	{ "[device a/b]\n", 1, "device a/b", "a name, please" },
	{ "[device a]\n[device b]\n[device a]\n", 3,
	  "[device a] is there twice", "one of them" },
	{ "[device a]\nirq = 0\n", 2, "device a: irq = 0", "1 to 127" },
	{ "[device a]\nirq = 5, x\n", 2, "irq = x: not a number", "as 5" },
	{ "[device a]\nirq = -5\n", 2, "irq = -5: not a number", "as 5" },
	{ "[device a]\nirq =\n", 2, "device a: irq", "say a number" },
	{ "[device a]\nreg =\n", 2, "device a: reg", "an address and a size" },
	{ "[device a]\nreg = 0x100\n", 2, "a size is missing", "0x1000" },
	{ "[device a]\nreg = 0x100 0\n", 2, "reg = 0x100 0",
	  "a size is from 1" },
	{ "[device a]\nreg = 0 0x4000001\n", 2, "reg = 0 0x4000001",
	  "a size is from 1" },
	{ "[device a]\nreg = 0x10000000000 1\n", 2, "reg = 0x10000000000",
	  "addresses are below" },
	{ "[device a]\nreg = 0xffffffffff 2\n", 2, "reg = 0xffffffffff",
	  "addresses are below" },
	{ "[device a]\nreg = 16 16\n[device b]\nreg = 0 8, 31 1\n", 4,
	  "device b: reg = 0x1f: device a has registers there",
	  "another address" },
	{ "[device a]\nreg = 0 2 1 1\n", 2, "device a has registers there",
	  "another address" },
	{ "[device a]\ndriver =\n", 2, "device a: driver", "name one" },
	{ "[device a]\nx y = 5\n", 2, "\"x y\": not a property's name",
	  "speed-hz" },
	{ "[device a]\nx-gpios = gpio-sim\n", 2, "x-gpios = gpio-sim",
	  "name chip and line" },
	{ "[device a]\ngpio = gpio-sim 3 low\n", 2, "gpio = gpio-sim 3 low",
	  "active-low" },
	{ "[device a]\nx-gpio = c 1,\n", 2, "x-gpio = c 1,",
	  "commas between several" },
	{ "[device a]\nlimit = 5\nlimit = 6\n", 3, "limit is there twice",
	  "once" },
	{ "\xef\xbb\xbf[demon]\n", 1, "[demon]", "[daemon]" },
	{ "[daemon]\r\nspin = bad\r\n", 2, "bad: not a valid", "never" },
};

START_TEST(a_mistake_is_told_with_its_line)
{
	const char *path = make_config(mistakes[_i].text);
	struct launch l = { .args = { "--config", path } };
	char where[300];

	snprintf(where, sizeof(where), "evl-cused: %s:%u: ", path,
		 mistakes[_i].line);
	ck_assert(!launch(&l));
	ck_assert_int_eq(l.status, EXIT_USAGE);
	ck_assert_uint_eq(launch_nr_lines(&l), 1);
	ck_assert(launch_said(&l, where, mistakes[_i].thing));
	ck_assert(launch_said(&l, where, mistakes[_i].remedy));
	launch_close(&l);
	unlink(path);
}
END_TEST

static void refused(const char *path, const char *thing, const char *remedy)
{
	struct launch l = { .args = { "--config", path } };

	launch_refused(&l, EXIT_USAGE, thing, remedy);
}

START_TEST(what_is_no_configuration_is_refused)
{
	const char *path = launch_path("conf");
	char text[400];

	refused(launch_path("none"), "No such file", "check the path");
	refused("/etc/passwd/x", "Not a directory", "check the path");
	refused("/etc", "a directory", "name a file");
	write_file(path, "[daemon]\n\0\n", 11);
	refused(path, ":2: a zero byte", "a text");
	memset(text, 'x', sizeof(text));
	memcpy(text, "[daemon]\nsocket = /", 19);
	text[sizeof(text) - 1] = '\n';
	write_file(path, text, sizeof(text));
	refused(path, ":2: longer than", "shorten it");

	/* Who else could have it load any code? */
	write_file(path, "[daemon]\n", 9);
	chmod(path, 0646);
	refused(path, "others may write to it", "chmod o-w");
	chmod(path, 0644);
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
	refused(path, "others may write to it", "belong to uid 0");
	unlink(path);
}
END_TEST

static void stop(struct launch *l)
{
	ck_assert_int_eq(launch_end(l, SIGTERM), 0);
	launch_close(l);
}

/* Relative to the file. */
#define STANDARD "[daemon]\nfront=fuse\nsocket = control\nmount=dev\n"

START_TEST(what_it_says_holds)
{
	struct launch l = {
		.args = { "--config",
			  make_config(STANDARD "verbose = yes\n"
					       "mode = 0604 ; octal\n"
					       "oob_priority = 0\n\n"
					       "# and\n"
					       "[driver loopback]\n") },
	};
	struct stat st;

	ck_assert(launch(&l));
	ck_assert(launch_said(&l, "serving nodes in", launch_path("dev")));
	ck_assert(launch_said(&l, launch_path("control"), "real-time"));
	ck_assert(launch_said(&l, "driver loopback: loaded", NULL));
	ck_assert_int_eq(stat(launch_path("control"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0604);
	stop(&l);
	unlink(launch_path("conf"));
	rmdir(launch_path("dev"));
}
END_TEST

START_TEST(the_command_line_overrides_it)
{
	struct launch l = {
		.args = { "--mode=0640", "--config",
			  make_config(STANDARD "mode = 0604\n"
					       "oob-cpus = 0\n"),
			  "--oob-cpus=0", "--socket", launch_path("other") },
	};
	struct stat st;

	ck_assert(launch(&l));
	ck_assert_int_eq(stat(launch_path("other"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	ck_assert_int_ne(access(launch_path("control"), F_OK), 0);
	stop(&l);
	unlink(launch_path("conf"));
	rmdir(launch_path("dev"));
}
END_TEST

/* An /etc of the test's own. */
START_TEST(roots_is_in_etc)
{
	struct launch l = { .args = { "--front", "fuse" } };

	launch_private_dev(0600);
	ck_assert_int_eq(mount("etc", "/etc", "tmpfs", 0, NULL), 0);
	write_file("/etc/evl-cused.conf", "[daemon]\nspin = bad\n", 20);
	launch_refused(&l, EXIT_USAGE, "/etc/evl-cused.conf:2: bad", "never");

	/* Nor need it be there. */
	unlink("/etc/evl-cused.conf");
	l = (struct launch){ .args = { "--front", "fuse" } };
	ck_assert(launch(&l));
	stop(&l);
}
END_TEST

static void become_user(void)
{
	launch_become_nobody();
}

static void add_user_file(const char *dir, const char *name, const char *text)
{
	char path[400];

	mkdir(dir, 0755);
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	write_file(path, text, strlen(text));
	ck_assert_int_eq(chown(path, 65534, 65534), 0);
}

static void remove_user_file(const char *dir, const char *name)
{
	char path[400];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	unlink(path);
	rmdir(dir);
}

START_TEST(a_users_is_where_they_keep_such_files)
{
	struct launch l = { .args = { NULL }, .become = become_user };
	const char *xdg = launch_path("xdg"), *home = launch_path("home");
	char dir[300];

	snprintf(dir, sizeof(dir), "%s/.config", home);
	mkdir(home, 0755);
	add_user_file(xdg, "evl-cused.conf", "[xdg]\n");
	add_user_file(dir, "evl-cused.conf", "[home]\n");
	setenv("XDG_CONFIG_HOME", xdg, 1);
	setenv("HOME", home, 1);
	launch_refused(&l, EXIT_USAGE, "xdg/evl-cused.conf:1: [xdg]", NULL);
	unsetenv("XDG_CONFIG_HOME");
	launch_refused(&l, EXIT_USAGE, ".config/evl-cused.conf:1: [home]",
		       NULL);

	/* Of a user who cannot even look there. */
	chmod(home, 0700);
	l.args[0] = "--oob-priority=x";
	launch_refused(&l, EXIT_USAGE, "oob-priority", NULL);
	chmod(home, 0755);
	ck_assert_int_eq(chmod(launch_path("home/.config/evl-cused.conf"), 0),
			 0);
	launch_refused(&l, EXIT_USAGE, "Permission denied", "check the path");

	remove_user_file(xdg, "evl-cused.conf");
	remove_user_file(dir, "evl-cused.conf");
	rmdir(home);
}
END_TEST

START_TEST(a_driver_it_names_may_be_anywhere)
{
	char text[512];
	struct launch l = { .args = { "--config", launch_path("conf") } };

	/* Beside it, too: relative to the file. */
	ck_assert_int_eq(symlink(getenv("EVL_LOOPBACK"), launch_path("lb.so")),
			 0);
	snprintf(text, sizeof(text),
		 STANDARD "[driver loopback]\npath = %s\nisolate = %s\n",
		 _i ? "./lb.so" : getenv("EVL_LOOPBACK"), _i ? "yes" : "no");
	make_config(text);
	ck_assert(launch(&l));
	ck_assert(launch_said(&l, "driver loopback: loaded", NULL));
	ck_assert_int_eq(launch_said(&l, "into a process of its own", NULL),
			 _i);
	stop(&l);

	make_config(STANDARD "[driver nosuch]\n");
	launch_refused(&l, EXIT_DRIVER, "driver nosuch: there is no nosuch.so",
		       "give its path");
	make_config(STANDARD "[driver loopback]\nparam.speed = 1\n");
	launch_refused(&l, EXIT_DRIVER, "no parameter speed", "it has none");
	unlink(launch_path("conf"));
	unlink(launch_path("lb.so"));
	rmdir(launch_path("dev"));
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr),
				  launch_setup, launch_teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/config");

	add(suite, "mistakes", a_mistake_is_told_with_its_line,
	    sizeof(mistakes) / sizeof(mistakes[0]));
	add(suite, "files", what_is_no_configuration_is_refused, 1);
	add(suite, "holds", what_it_says_holds, 1);
	add(suite, "override", the_command_line_overrides_it, 1);
	add(suite, "root", roots_is_in_etc, 1);
	add(suite, "user", a_users_is_where_they_keep_such_files, 1);
	add(suite, "drivers", a_driver_it_names_may_be_anywhere, 2);

	return suite_run(suite);
}
