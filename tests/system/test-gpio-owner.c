/* SPDX-License-Identifier: MIT */
/* Who has a line of the gpio-sim driver's, and who is told of it. */
#include "daemon.h"
#include "gpio.h"
#include "poller.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <unistd.h>

#define BOTH GPIOEVENT_REQUEST_BOTH_EDGES

START_TEST(a_line_has_one_owner)
{
	struct gpio_v2_line_request req = gpio_lines(2, 3, 0);
	int fd = gpio_line(4, 0);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(gpio_line(4, 0), -EBUSY);
	ck_assert_int_eq(gpio_handle(4, 0, false), -EBUSY);
	ck_assert_int_eq(gpio_event(4, 0, BOTH), -EBUSY);
	/* And not in part. */
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req),
		-EBUSY);
	close(fd);
	memset(req.consumer, 'x', sizeof(req.consumer)); /* without an end */
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req), 0);
	close(req.fd);
	req.offsets[2] = 2; /* twice */
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req),
		-EBUSY);
}
END_TEST

static int die_with_lines(void *arg)
{
	int chip = open(node_path("gpio-sim"), O_RDWR);

	gpio_chip = chip;

	return gpio_line(20, 0) >= 0 && gpio_event(21, 0, BOTH) >= 0 ? 0 : 1;
}

START_TEST(who_dies_leaves_its_lines)
{
	int fd;

	ck_assert_int_eq(child_wait(child_start(die_with_lines, NULL)), 0);
	while ((fd = gpio_line(20, 0)) == -EBUSY)
		sched_yield();
	ck_assert_int_ge(fd, 0);
	close(fd);
	while ((fd = gpio_line(21, 0)) == -EBUSY)
		sched_yield();
	close(fd);
}
END_TEST

/* Version 1 or 2, what has changed. */
static uint32_t next_change(int chip, int version)
{
	struct gpio_v2_line_info_changed change;
	struct gpioline_info_changed old;

	if (version == 1) {
		ck_assert_int_eq(oob_read(chip, &old, sizeof(old)),
				 sizeof(old));
		ck_assert_uint_eq(old.info.line_offset, 1);
		ck_assert_str_eq(old.info.name, "lamp");
		return old.event_type;
	}
	ck_assert_int_eq(read(chip, &change, sizeof(change)), sizeof(change));
	ck_assert_uint_eq(change.info.offset, 1);
	ck_assert_str_eq(change.info.name, "lamp");

	return change.event_type;
}

START_TEST(who_watches_a_line_is_told_who_has_it)
{
	const unsigned long watch[] = { GPIO_GET_LINEINFO_WATCH_IOCTL,
					GPIO_V2_GET_LINEINFO_WATCH_IOCTL };
	struct gpio_v2_line_config config = { .flags = GPIO_IN_BOTH };
	union {
		struct gpio_v2_line_info v2;
		struct gpioline_info v1;
		uint32_t offset;
	} arg;
	int chip = open(node_path("gpio-sim"), O_RDWR), fd;

	memset(&arg, 0, sizeof(arg));
	if (_i)
		arg.v2.offset = 1;
	else
		arg.v1.line_offset = 1;
	ck_assert_int_eq(gpio_call(chip, false, watch[_i], &arg), 0);
	ck_assert_int_eq(gpio_call(chip, true, watch[_i], &arg), -EBUSY);
	memset(&arg, 0, sizeof(arg));
	ck_assert_int_eq(gpio_call(chip, false, watch[!_i], &arg), -EPERM);

	close(gpio_line(2, 0)); /* of which it is not told */
	fd = gpio_line(1, 0);
	ck_assert_int_eq(
		gpio_call(fd, true, GPIO_V2_LINE_SET_CONFIG_IOCTL, &config), 0);
	close(fd);
	ck_assert_uint_eq(next_change(chip, _i + 1),
			  GPIO_V2_LINE_CHANGED_REQUESTED);
	ck_assert_uint_eq(next_change(chip, _i + 1),
			  GPIO_V2_LINE_CHANGED_CONFIG);
	ck_assert_uint_eq(next_change(chip, _i + 1),
			  GPIO_V2_LINE_CHANGED_RELEASED);

	arg.offset = 1;
	ck_assert_int_eq(
		gpio_call(chip, true, GPIO_GET_LINEINFO_UNWATCH_IOCTL, &arg),
		0);
	ck_assert_int_eq(
		gpio_call(chip, true, GPIO_GET_LINEINFO_UNWATCH_IOCTL, &arg),
		-EBUSY);
	arg.offset = GPIO_LINES;
	ck_assert_int_eq(
		gpio_call(chip, true, GPIO_GET_LINEINFO_UNWATCH_IOCTL, &arg),
		-EINVAL);
	close(gpio_line(1, 0));
	poller_set_nonblock(chip, true);
	ck_assert_int_eq(oob_read(chip, &arg, sizeof(arg)), -1);
	ck_assert_int_eq(errno, _i ? EINVAL : EAGAIN);
	close(chip);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/gpio-owner");
	TCase *tcase = tcase_create("gpio");

	tcase_add_checked_fixture(tcase, gpio_setup, gpio_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_line_has_one_owner);
	tcase_add_test(tcase, who_dies_leaves_its_lines);
	tcase_add_loop_test(tcase, who_watches_a_line_is_told_who_has_it, 0, 2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
