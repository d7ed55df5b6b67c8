/* SPDX-License-Identifier: MIT */
/* However a daemon ends, nothing is left mounted or listening. */
#include "daemon.h"
#include "endure.h"
#include "raw-client.h"
#include "usual.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

static const int ends[] = { SIGTERM, SIGINT, SIGQUIT };

/* With clients at rest, asleep in a call, and just gone. */
START_TEST(a_signal_ends_it_cleanly)
{
	struct channel_request rq = { .op = CHANNEL_READ, .count = 8 };
	struct launch l = { .become = NULL };
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;

	usual_start(&l, "--driver", getenv("EVL_LOOPBACK"), NULL);
	strcpy(test_daemon.devdir, launch_path("dev"));
	raw_enter(&client, &ch, &slot);
	rq.fd = raw_xbuf("", 8, 8);
	if (_i % 3 > 0)
		ck_assert_int_eq(raw_bind(&client, rq.fd, rq.fd), 0);
	raw_post(&slot, &rq);
	if (_i % 3 == 0)
		ck_assert_int_eq(raw_wait(&slot), -EBADF);
	if (_i % 3 == 2) {
		close(rq.fd);
		raw_exit(&client, &ch, &slot);
	}
	ck_assert_int_eq(launch_end(&l, ends[_i / 3 % 3]), 0);
	launch_close(&l);
	if (_i % 3 == 2)
		return;
	raw_await_hangup(client.fd);
	close(rq.fd);
	raw_exit(&client, &ch, &slot);
}
END_TEST

static int read_stubborn(void *arg)
{
	char byte;
	int fd = raw_open("stubborn", O_RDONLY);

	return fd >= 0 && read(fd, &byte, 1) < 0 ? 0 : 1;
}

START_TEST(a_handler_that_never_ends_does_not_keep_it)
{
	struct launch l = { .become = NULL };
	pid_t reader;

	usual_start(&l, "--driver", getenv("EVL_STUBBORN"), NULL);
	strcpy(test_daemon.devdir, launch_path("dev"));
	reader = child_start(read_stubborn, NULL);
	while (!launch_said(&l, "stubborn: asleep", NULL))
		sched_yield();
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert(launch_said(&l, "left behind", "stubborn"));
	launch_close(&l);
	ck_assert_int_eq(child_wait(reader), 0);
}
END_TEST

/* Of another driver's, on the same worker. */
static int sleep_in_loopback(void *arg)
{
	struct channel_request rq = { .op = CHANNEL_IOCTL,
				      .cmd = LOOPBACK_IOC_SLEEP };
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;

	raw_enter(&client, &ch, &slot);
	rq.fd = raw_open("loopback", O_RDWR);
	if (raw_bind(&client, rq.fd, rq.fd))
		return 1;
	raw_post(&slot, &rq);
	raw_await_hangup(client.fd);

	return 0;
}

static const struct {
	enum channel_op op;
	const char *name;
} stubborn_ops[] = {
	{ CHANNEL_READ, "oob_read" },
	{ CHANNEL_IOCTL, "oob_ioctl" },
};

START_TEST(an_oob_handler_that_never_ends_does_not_keep_it)
{
	struct channel_request rq = { .op = stubborn_ops[_i].op };
	struct launch l = { .become = NULL };
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;
	pid_t other;

	/* Others shall have the CPU, too. */
	usual_start(&l, "--oob-priority", "0", "--driver",
		    getenv("EVL_STUBBORN"), "--driver", getenv("EVL_LOOPBACK"),
		    NULL);
	strcpy(test_daemon.devdir, launch_path("dev"));
	endure_watch();
	other = child_start(sleep_in_loopback, NULL);
	endure_await_busy(other);
	raw_enter(&client, &ch, &slot);
	rq.fd = raw_open("stubborn", O_RDONLY);
	ck_assert_int_eq(raw_bind(&client, rq.fd, rq.fd), 0);
	raw_post(&slot, &rq);
	endure_await_busy((pid_t)syscall(SYS_gettid));

	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert(launch_said(&l, "stubborn, for pid", stubborn_ops[_i].name));
	ck_assert(!launch_said(&l, "loopback, for pid", NULL));
	launch_close(&l);
	ck_assert_int_eq(child_wait(other), 0);
	raw_exit(&client, &ch, &slot);
}
END_TEST

static int wait_in_stubborn(void *arg)
{
	char byte;
	int fd;

	if (evl_attach_self("stubborn:%d", getpid()) < 0)
		return 1;
	fd = open(node_path("stubborn"), O_RDONLY);

	return (int)oob_read(fd, &byte, 1);
}

START_TEST(a_signal_while_drivers_are_loaded_ends_it)
{
	struct launch l = { .become = NULL };

	const char *const args[] = { "--front",	 "fuse",
				     "--mount",	 launch_path("dev"),
				     "--socket", launch_path("control"),
				     "--driver", getenv("EVL_LATE") };

	memcpy(l.args, args, sizeof(args));
	ck_assert(!launch(&l));
	ck_assert_int_eq(l.status, 0);
	ck_assert(launch_said(&l, "signal 15: stopping", NULL));
	ck_assert(launch_said(&l, "driver late: loaded", NULL));
	ck_assert(!launch_said(&l, "serving nodes", NULL));
	launch_close(&l);
}
END_TEST

/* It waits again and again for a caller who has gone. */
START_TEST(nor_does_it_keep_the_worker_from_others)
{
	struct loopback_echo echo = { .value = 1 };
	struct launch l = { .become = NULL };
	pid_t reader;
	int fd;

	usual_start(&l, "--driver", getenv("EVL_STUBBORN"), "--driver",
		    getenv("EVL_LOOPBACK"), NULL);
	strcpy(test_daemon.devdir, launch_path("dev"));
	setenv("EVL_CUSED_SOCKET", launch_path("control"), true);
	endure_watch();
	reader = child_start(wait_in_stubborn, NULL);
	endure_await_busy(reader);
	ck_assert_int_eq(kill(reader, SIGKILL), 0);
	ck_assert_int_eq(waitpid(reader, NULL, 0), reader);

	ck_assert_int_ge(evl_attach_self("end:%d", getpid()), 0);
	fd = open(node_path("loopback"), O_RDWR);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(oob_ioctl(fd, LOOPBACK_IOC_ECHO, &echo), 0);
	evl_detach_self();
	close(fd);
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert(launch_said(&l, "stubborn, for pid", "oob_read"));
	launch_close(&l);
}
END_TEST

START_TEST(other_signals_are_not_fatal)
{
	struct launch l = { .become = NULL };

	usual_start(&l, NULL);
	for (int i = 0; i < 3; i++) {
		kill(l.pid, SIGHUP);
		kill(l.pid, SIGUSR1);
		kill(l.pid, SIGUSR2);
		kill(l.pid, SIGALRM);
		usual_check_service();
	}
	while (!launch_said(&l, "SIGHUP", NULL))
		sched_yield();
	usual_check_service();
	usual_stop(&l);
}
END_TEST

START_TEST(after_sigkill_the_next_start_cleans_up)
{
	struct launch l = { .become = NULL };

	for (int i = 0; i < 3; i++) {
		usual_start(&l, NULL);
		usual_check_service();
		ck_assert_int_eq(launch_end(&l, SIGKILL), 128 + SIGKILL);
		launch_close(&l);
		ck_assert(launch_mounted(launch_path("dev")));
	}
	usual_start(&l, NULL);
	usual_check_service();
	usual_stop(&l);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/end");
	TCase *tcase = tcase_create("end");

	tcase_add_checked_fixture(tcase, usual_setup, usual_teardown);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, a_signal_ends_it_cleanly, 0, 27);
	tcase_add_test(tcase, a_handler_that_never_ends_does_not_keep_it);
	tcase_add_loop_test(tcase,
			    an_oob_handler_that_never_ends_does_not_keep_it, 0,
			    sizeof(stubborn_ops) / sizeof(stubborn_ops[0]));
	tcase_add_test(tcase, a_signal_while_drivers_are_loaded_ends_it);
	tcase_add_test(tcase, nor_does_it_keep_the_worker_from_others);
	tcase_add_test(tcase, other_signals_are_not_fatal);
	tcase_add_test(tcase, after_sigkill_the_next_start_cleans_up);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
