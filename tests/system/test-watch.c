/* SPDX-License-Identifier: MIT */
/*
 * What watching drivers asks of the kernel, and what is said and done where it
 * has not got that.
 */
#include "daemon.h"
#include "drivers/unruly.h"
#include "launch.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define NOBODY 65534

static void setup(void)
{
	launch_setup();
	launch_private_dev(0666);
	strcpy(test_daemon.socket, launch_path("run/control"));
	strcpy(test_daemon.devdir, launch_path("run/dev"));
	ck_assert_int_eq(mkdir(launch_path("run"), 0755), 0);
	setenv("EVL_CUSED_SOCKET", test_daemon.socket, 1);
}

static void teardown(void)
{
	rmdir(launch_path("run/dev"));
	ck_assert_int_eq(rmdir(launch_path("run")), 0);
	launch_teardown();
}

static void start(struct launch *l, const char *further)
{
	const char *const args[] = {
		"--front",   "fuse",
		"--mount",   test_daemon.devdir,
		"--socket",  test_daemon.socket,
		"--driver",  getenv("EVL_UNRULY"),
		"--verbose", further,
	};

	memcpy(l->args, args, sizeof(args));
	ck_assert(launch(l));
}

static int filter(unsigned int flags, uint32_t action)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = 4, .filter = code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
			    &program);
}

/* As containers may. */
static void forbid(void)
{
	if (filter(0, SECCOMP_RET_ERRNO | EPERM))
		_exit(126);
}

/* As on a kernel which has no such thing. */
static void have_none(void)
{
	if (filter(0, SECCOMP_RET_ERRNO | EINVAL))
		_exit(126);
}

/* There can be one only. */
static void be_watched_already(void)
{
	int fd = filter(SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_RET_ALLOW);

	/* It is to be there as long as the daemon is. */
	if (fd < 0 || fcntl(fd, F_SETFD, 0))
		_exit(126);
}

static int call_unruly(void *arg)
{
	const unsigned int *cmd = arg;
	int fd;

	if (evl_attach_self("caller-%d", getpid()) < 0)
		return 1;
	fd = open(node_path("unruly"), O_RDWR);
	if (fd < 0 || oob_ioctl(fd, *cmd, 0L))
		return 2;

	return 0;
}

static int call_as_nobody(void *arg)
{
	launch_become_nobody();

	return call_unruly(arg);
}

static void (*const hosts[])(void) = { forbid, have_none, be_watched_already };

#define NR_HOSTS 3

/* In one line; what takes no kernel is watched all the same. */
START_TEST(what_cannot_be_had_is_done_without)
{
	unsigned int cmd = UNRULY_OPEN;
	struct launch l = { .become = hosts[_i] };

	start(&l, NULL);
	ck_assert(launch_said(&l,
			      "golden rule: system calls of drivers cannot be "
			      "watched (seccomp: ",
			      "--golden-rule=off"));
	ck_assert_int_eq(child_wait(child_start(call_unruly, &cmd)), 0);
	cmd = UNRULY_KMALLOC;
	ck_assert_int_eq(child_wait(child_start(call_unruly, &cmd)), 0);
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert(launch_said(&l, "its oob_ioctl", " called kmalloc: "));
	ck_assert(!launch_said(&l, "its oob_ioctl", "system call"));
	launch_close(&l);
}
END_TEST

START_TEST(nothing_is_asked_for_when_off)
{
	struct launch l = { .become = hosts[_i] };

	start(&l, "--golden-rule=off");
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert(!launch_said(&l, "golden rule", NULL));
	launch_close(&l);
}
END_TEST

/* The promise it takes, to gain no rights by exec, is the worker's alone. */
START_TEST(ordinary_users_have_it_too)
{
	unsigned int cmd = UNRULY_OPEN;
	struct launch l = { .become = launch_become_nobody };

	ck_assert_int_eq(chown(launch_path("run"), NOBODY, NOBODY), 0);
	ck_assert_int_eq(chmod(launch_path(""), 0755), 0);
	start(&l, "--golden-rule=warn");
	ck_assert_int_eq(thread_status(l.pid, "evl-oob/0", "Seccomp:"), 2);
	ck_assert_int_eq(thread_status(l.pid, "evl-oob/0", "NoNewPrivs:"), 1);
	ck_assert_int_eq(thread_status(l.pid, "evl-cused", "Seccomp:"), 0);
	ck_assert_int_eq(thread_status(l.pid, "evl-cused", "NoNewPrivs:"), 0);
	ck_assert_int_eq(thread_status(l.pid, "evl-watch", "Seccomp:"), 0);
	ck_assert_int_eq(child_wait(child_start(call_as_nobody, &cmd)), 0);
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert(launch_said(&l, "driver unruly: its oob_ioctl",
			      "made the system call openat: "));
	launch_close(&l);
}
END_TEST

/* Root needs not promise anything. */
START_TEST(no_thread_has_a_filter_when_off)
{
	struct launch l = { .become = NULL };

	start(&l, _i ? "--golden-rule=off" : "--golden-rule=enforce");
	ck_assert_int_eq(thread_status(l.pid, "evl-oob/0", "Seccomp:"),
			 _i ? 0 : 2);
	ck_assert_int_eq(thread_status(l.pid, "evl-oob/0", "NoNewPrivs:"), 0);
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	launch_close(&l);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/watch");

	if (!daemon_can_watch())
		return 77;

	add(suite, "without", what_cannot_be_had_is_done_without, NR_HOSTS);
	add(suite, "off", nothing_is_asked_for_when_off, NR_HOSTS);
	add(suite, "user", ordinary_users_have_it_too, 1);
	add(suite, "filter", no_thread_has_a_filter_when_off, 2);

	return suite_run(suite);
}
