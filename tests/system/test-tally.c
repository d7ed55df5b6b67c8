/* SPDX-License-Identifier: MIT */
/*
 * How many requests went to each driver: what the tables say, while those who made
 * them are there and afterwards.
 */
#include "daemon.h"
#include "drivers/unruly.h"
#include "raw-client.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <uapi/evl/devices/loopback.h>
#include <unistd.h>

static int fd;
static char bytes[8];

static void start(void)
{
	const char *const args[] = { "--driver", getenv("EVL_UNRULY"),
				     "--driver", getenv("EVL_LOOPBACK"), NULL };

	daemon_setup_with(args);
	ck_assert_int_ge(evl_attach_self("unruly-%d", getpid()), 0);
	fd = open(node_path("unruly"), O_RDWR);
	ck_assert_int_ge(fd, 0);
}

static int call_both(void *arg)
{
	int other = open(node_path("loopback"), O_RDWR);

	for (int i = 0; i < 7; i++) {
		if (oob_ioctl(other, LOOPBACK_IOC_NOP, 0L) ||
		    oob_ioctl(fd, UNRULY_COPY, bytes) ||
		    oob_ioctl(other, LOOPBACK_IOC_NOP, 0L))
			return 1;
	}

	return 0;
}

static int attach_and_call(void *arg)
{
	return evl_attach_self("child-%d", getpid()) < 0 || call_both(NULL);
}

START_TEST(requests_are_counted_for_each_driver)
{
	struct control_driver_info info;

	start();
	ck_assert_int_eq(call_both(NULL), 0);
	ck_assert_uint_eq(raw_driver_info("unruly").nr_oob, 7);
	ck_assert_uint_eq(raw_driver_info("loopback").nr_oob, 14);

	/* They are remembered when who made them is gone. */
	ck_assert_int_eq(child_wait(child_start(attach_and_call, NULL)), 0);
	while (raw_daemon_info().nr_channels > 1)
		sched_yield();
	ck_assert_uint_eq(raw_driver_info("unruly").nr_oob, 14);
	ck_assert_uint_eq(raw_driver_info("loopback").nr_oob, 28);

	info = raw_driver_info("unruly");
	ck_assert_int_eq(ioctl(fd, UNRULY_COPY, bytes), 0);
	ck_assert_uint_eq(raw_driver_info("unruly").nr_inband,
			  info.nr_inband + 1);
}
END_TEST

START_TEST(requests_on_no_file_are_nobodys)
{
	struct channel_request good = { .op = CHANNEL_IOCTL,
					.cmd = UNRULY_LOCK },
			       bad = { .op = CHANNEL_IOCTL, .fd = 1000 };
	struct raw_client client;
	struct raw_channel ch;
	struct raw_slot slot;

	start();
	ck_assert_int_eq(evl_detach_self(), 0);
	raw_enter(&client, &ch, &slot);
	good.fd = raw_open("unruly", O_RDWR);
	ck_assert_int_eq(raw_bind(&client, good.fd, good.fd), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(raw_request(&slot, &bad), -EBADF);
		ck_assert_int_eq(raw_request(&slot, &good), 0);
	}
	ck_assert_uint_eq(raw_driver_info("unruly").nr_oob, 5);
	raw_exit(&client, &ch, &slot);
	close(good.fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/tally");

	tcase_add_checked_fixture(
		suite_add(suite, "requests",
			  requests_are_counted_for_each_driver, 1),
		NULL, daemon_teardown);
	tcase_add_checked_fixture(
		suite_add(suite, "nobodys", requests_on_no_file_are_nobodys, 1),
		NULL, daemon_teardown);

	return suite_run(suite);
}
