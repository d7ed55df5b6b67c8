/* SPDX-License-Identifier: MIT */
/* Lines of gpio-sim, their values and who has them: by both ABIs and on both
 * stages. */
#include "daemon.h"
#include "gpio.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <uapi/evl/devices/gpio-sim.h>
#include <unistd.h>

#define CANNOT_LOAD 4

#define BOTH	    GPIOEVENT_REQUEST_BOTH_EDGES

START_TEST(a_chip_says_what_it_is)
{
	struct gpiochip_info info;
	uint32_t nothing = 0;

	memset(&info, 0xff, sizeof(info));
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_GET_CHIPINFO_IOCTL, &info), 0);
	ck_assert_str_eq(info.name, "gpio-sim");
	ck_assert_str_eq(info.label, "a chip");
	ck_assert_uint_eq(info.lines, GPIO_LINES);
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_GET_CHIPINFO_IOCTL, (void *)8),
		-EFAULT);
	ck_assert_int_eq(gpio_call(gpio_chip, _i, 1234, &nothing), -EINVAL);
}
END_TEST

START_TEST(lines_say_what_they_are)
{
	struct gpio_v2_line_info info = { .offset = 1 };
	struct gpioline_info old = { .line_offset = 1 };
	int fd = gpio_handle(1,
			     GPIOHANDLE_REQUEST_OUTPUT |
				     GPIOHANDLE_REQUEST_ACTIVE_LOW |
				     GPIOHANDLE_REQUEST_OPEN_DRAIN,
			     true);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_V2_GET_LINEINFO_IOCTL, &info), 0);
	ck_assert_str_eq(info.name, "lamp");
	ck_assert_str_eq(info.consumer, "a handle");
	ck_assert_uint_eq(info.flags, GPIO_V2_LINE_FLAG_USED |
					      GPIO_V2_LINE_FLAG_OUTPUT |
					      GPIO_V2_LINE_FLAG_ACTIVE_LOW |
					      GPIO_V2_LINE_FLAG_OPEN_DRAIN);
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_GET_LINEINFO_IOCTL, &old), 0);
	ck_assert_str_eq(old.name, "lamp");
	ck_assert_str_eq(old.consumer, "a handle");
	ck_assert_uint_eq(old.flags, GPIOLINE_FLAG_KERNEL |
					     GPIOLINE_FLAG_IS_OUT |
					     GPIOLINE_FLAG_ACTIVE_LOW |
					     GPIOLINE_FLAG_OPEN_DRAIN);
	close(fd);
	/* In-band: that comes after the release. */
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINEINFO_IOCTL, &info),
		0);
	ck_assert_str_eq(info.consumer, "");
	ck_assert_uint_eq(info.flags, GPIO_V2_LINE_FLAG_INPUT);

	old.line_offset = info.offset = GPIO_LINES;
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_GET_LINEINFO_IOCTL, &old),
		-EINVAL);
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_V2_GET_LINEINFO_IOCTL, &info),
		-EINVAL);
	info.offset = 1;
	info.padding[3] = 1;
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_V2_GET_LINEINFO_IOCTL, &info),
		-EINVAL);
}
END_TEST

static int handle_value(int fd, bool oob)
{
	struct gpiohandle_data data;

	memset(&data, 0xff, sizeof(data));
	ck_assert_int_eq(
		gpio_call(fd, oob, GPIOHANDLE_GET_LINE_VALUES_IOCTL, &data), 0);

	return data.values[0];
}

static long set_handle(int fd, bool oob, uint8_t value)
{
	struct gpiohandle_data data = { .values = { value } };

	return gpio_call(fd, oob, GPIOHANDLE_SET_LINE_VALUES_IOCTL, &data);
}

START_TEST(a_handle_reads_and_drives_its_line)
{
	const uint32_t low = GPIOHANDLE_REQUEST_ACTIVE_LOW;
	struct gpiohandle_config config = {
		.flags = GPIOHANDLE_REQUEST_OUTPUT,
		.default_values = { 1 },
	};
	int fd = gpio_handle(2, GPIOHANDLE_REQUEST_OUTPUT | low, true);

	ck_assert_int_eq(handle_value(fd, _i), 1);
	ck_assert(!gpio_level(2));
	ck_assert_int_eq(set_handle(fd, _i, 0), 0);
	ck_assert_int_eq(handle_value(fd, _i), 0);
	ck_assert(gpio_level(2));
	ck_assert_int_eq(set_handle(fd, _i, 99), 0);
	ck_assert(!gpio_level(2));
	close(fd);

	fd = gpio_handle(2, GPIOHANDLE_REQUEST_INPUT | low, false);
	ck_assert_int_eq(handle_value(fd, _i), 1);
	gpio_pull(2, true);
	ck_assert_int_eq(handle_value(fd, _i), 0);
	ck_assert_int_eq(set_handle(fd, _i, 1), -EPERM);
	ck_assert_int_eq(
		gpio_call(fd, _i, GPIOHANDLE_SET_CONFIG_IOCTL, &config), 0);
	gpio_pull(2, false);
	ck_assert_int_eq(handle_value(fd, _i), 1);
	ck_assert(gpio_level(2));
	config.flags = GPIOHANDLE_REQUEST_OUTPUT | GPIOHANDLE_REQUEST_INPUT;
	ck_assert_int_eq(
		gpio_call(fd, _i, GPIOHANDLE_SET_CONFIG_IOCTL, &config),
		-EINVAL);
	ck_assert_int_eq(
		gpio_call(fd, _i, GPIO_V2_LINE_GET_VALUES_IOCTL, &config),
		-EINVAL);
	ck_assert_int_eq(
		gpio_call(fd, _i, GPIOHANDLE_GET_LINE_VALUES_IOCTL, (void *)8),
		-EFAULT);
	close(fd);
}
END_TEST

START_TEST(a_request_reads_and_drives_its_lines)
{
	struct gpio_v2_line_request req =
		gpio_lines(12, 4, GPIO_V2_LINE_FLAG_OUTPUT);
	struct gpio_v2_line_values values = { .mask = 0xff };

	req.config.num_attrs = 2;
	req.config.attrs[0].attr.id = GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES;
	req.config.attrs[0].attr.values = 0x5;
	req.config.attrs[0].mask = 0x7;
	req.config.attrs[1].attr.id = GPIO_V2_LINE_ATTR_ID_FLAGS;
	req.config.attrs[1].attr.flags = GPIO_V2_LINE_FLAG_INPUT;
	req.config.attrs[1].mask = 0x8;
	gpio_pull(15, true);
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, &req), 0);
	ck_assert_int_eq(
		gpio_call(req.fd, _i, GPIO_V2_LINE_GET_VALUES_IOCTL, &values),
		0);
	ck_assert_uint_eq(values.bits, 0xd);

	values.mask = 0xf; /* one is an input */
	values.bits = 0;
	ck_assert_int_eq(
		gpio_call(req.fd, _i, GPIO_V2_LINE_SET_VALUES_IOCTL, &values),
		-EPERM);
	values.mask = 0x3;
	values.bits = 0x2;
	ck_assert_int_eq(
		gpio_call(req.fd, _i, GPIO_V2_LINE_SET_VALUES_IOCTL, &values),
		0);
	ck_assert(!gpio_level(12) && gpio_level(13) && gpio_level(14));
	values.mask = 0xf0;
	ck_assert_int_eq(
		gpio_call(req.fd, _i, GPIO_V2_LINE_GET_VALUES_IOCTL, &values),
		-EINVAL);
	ck_assert_int_eq(
		gpio_call(req.fd, _i, GPIO_V2_LINE_SET_VALUES_IOCTL, &values),
		-EINVAL);

	/* All of them inputs, active low. */
	req.config.num_attrs = 0;
	req.config.flags =
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_ACTIVE_LOW;
	ck_assert_int_eq(gpio_call(req.fd, _i, GPIO_V2_LINE_SET_CONFIG_IOCTL,
				   &req.config),
			 0);
	values.mask = 0xc;
	ck_assert_int_eq(
		gpio_call(req.fd, _i, GPIO_V2_LINE_GET_VALUES_IOCTL, &values),
		0);
	ck_assert_uint_eq(values.bits, 0x4);
	req.config.padding[0] = 1;
	ck_assert_int_eq(gpio_call(req.fd, _i, GPIO_V2_LINE_SET_CONFIG_IOCTL,
				   &req.config),
			 -EINVAL);
	close(req.fd);
}
END_TEST

/* An output that lets go is where it is pulled; so is a biased input. */
START_TEST(who_drives_a_line_says_where_it_is)
{
	int fd = gpio_line(2, GPIO_V2_LINE_FLAG_OUTPUT |
				      GPIO_V2_LINE_FLAG_OPEN_DRAIN);
	struct gpio_v2_line_values values = { .mask = 1, .bits = 1 };

	ck_assert_int_ge(fd, 0);
	gpio_pull(2, true);
	ck_assert(!gpio_level(2));
	gpio_call(fd, true, GPIO_V2_LINE_SET_VALUES_IOCTL, &values);
	ck_assert(gpio_level(2));
	gpio_pull(2, false);
	ck_assert(!gpio_level(2));
	close(fd);
	fd = gpio_line(2, GPIO_V2_LINE_FLAG_OUTPUT |
				  GPIO_V2_LINE_FLAG_OPEN_SOURCE);
	gpio_pull(2, true);
	ck_assert(gpio_level(2));
	close(fd);
	fd = gpio_line(2, GPIO_V2_LINE_FLAG_INPUT |
				  GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN);
	ck_assert(!gpio_level(2));
	close(fd);
	fd = gpio_handle(
		2, GPIOHANDLE_REQUEST_INPUT | GPIOHANDLE_REQUEST_BIAS_PULL_UP,
		false);
	ck_assert_int_eq(handle_value(fd, true), 1);
	close(fd);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	const uint64_t bad[] = {
		GPIO_V2_LINE_FLAG_USED,
		GPIO_V2_LINE_FLAG_EVENT_CLOCK_HTE,
		UINT64_C(1) << 63,
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT,
		GPIO_V2_LINE_FLAG_EDGE_RISING,
		GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_EDGE_FALLING,
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OPEN_DRAIN,
		GPIO_V2_LINE_FLAG_OUTPUT | GPIO_V2_LINE_FLAG_OPEN_DRAIN |
			GPIO_V2_LINE_FLAG_OPEN_SOURCE,
		GPIO_V2_LINE_FLAG_BIAS_PULL_UP,
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_BIAS_PULL_UP |
			GPIO_V2_LINE_FLAG_BIAS_DISABLED,
	};
	const uint32_t bad_v1[] = {
		UINT32_C(1) << 31,
		GPIOHANDLE_REQUEST_INPUT | GPIOHANDLE_REQUEST_OUTPUT,
		GPIOHANDLE_REQUEST_OPEN_SOURCE,
		GPIOHANDLE_REQUEST_BIAS_DISABLE,
	};
	struct gpio_v2_line_request req;

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(gpio_line(0, bad[i]), -EINVAL);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_int_eq(gpio_handle(0, bad_v1[i], false), -EINVAL);
	ck_assert_int_eq(gpio_event(0, GPIOHANDLE_REQUEST_OUTPUT, BOTH),
			 -EINVAL);
	ck_assert_int_eq(gpio_event(0, 0, 4), -EINVAL);
	ck_assert_int_eq(gpio_line(GPIO_LINES, 0), -EINVAL);
	ck_assert_int_eq(gpio_event(UINT32_MAX, 0, BOTH), -EINVAL);

	for (int i = 0; i < 6; i++) {
		req = gpio_lines(0, 1, 0);
		req.num_lines = i == 0 ? 0 : i == 1 ? 65 : 1;
		req.padding[4] = i == 2;
		req.config.padding[4] = i == 3;
		req.config.num_attrs = i == 4 ? 11 : i == 5;
		req.config.attrs[0].attr.padding = i == 5;
		ck_assert_int_eq(gpio_call(gpio_chip, false,
					   GPIO_V2_GET_LINE_IOCTL, &req),
				 -EINVAL);
	}
	/* Files are made in-band. */
	req = gpio_lines(0, 1, 0);
	ck_assert_int_eq(
		gpio_call(gpio_chip, true, GPIO_V2_GET_LINE_IOCTL, &req),
		-EINVAL);
	ck_assert_int_eq(
		gpio_call(gpio_chip, false, GPIO_V2_GET_LINE_IOCTL, (void *)8),
		-EFAULT);
	close(gpio_line(0, 0));
}
END_TEST

static int store(const char *text)
{
	int fd =
		open(node_path("evl/sys/class/misc/gpio-sim/levels"), O_WRONLY);
	ssize_t ret;

	ck_assert_int_ge(fd, 0);
	ret = write(fd, text, strlen(text));
	close(fd);

	return ret < 0 ? -errno : 0;
}

START_TEST(a_shell_may_pull_lines)
{
	const char *const bad[] = { "",	    "=",      "3",  "3=2",
				    "40=1", "lamb=1", "=1", "-1=1" };
	int fd = gpio_edges(2, 0);
	struct gpio_edge edge;
	char text[64] = "";
	FILE *file;

	ck_assert_int_eq(store("button=1\n"), 0);
	ck_assert_int_gt(gpio_read(fd, 2, true, &edge), 0);
	ck_assert_int_eq(store("39=1"), 0);
	for (unsigned int i = 1; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(store(bad[i]), -EINVAL);
	file = fopen(node_path("evl/sys/class/misc/gpio-sim/levels"), "r");
	ck_assert_ptr_nonnull(file);
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	fclose(file);
	ck_assert_str_eq(text, "1000000000000000000000000000000000000001\n");
	close(fd);
}
END_TEST

START_TEST(other_levels_are_refused)
{
	struct gpio_sim_level level = { .offset = 1, .level = 2 };

	ck_assert_int_eq(gpio_call(gpio_chip, _i, GPIO_SIM_IOC_PULL, &level),
			 -EINVAL);
	level = (struct gpio_sim_level){ .offset = GPIO_LINES };
	ck_assert_int_eq(gpio_call(gpio_chip, _i, GPIO_SIM_IOC_PULL, &level),
			 -EINVAL);
	ck_assert_int_eq(gpio_call(gpio_chip, _i, GPIO_SIM_IOC_LEVEL, &level),
			 -EINVAL);
	ck_assert_int_eq(gpio_call(gpio_chip, _i, GPIO_SIM_IOC_PULL, (void *)8),
			 -EFAULT);
	ck_assert_int_eq(
		gpio_call(gpio_chip, _i, GPIO_SIM_IOC_LEVEL, (void *)8),
		-EFAULT);
}
END_TEST

static const struct {
	const char *param, *said;
} refusals[] = {
	{ "lines=0", "lines=0: from 1 to 256" },
	{ "lines=257", "lines=257: from 1 to 256" },
	{ "names=a,b,c", "3 names for 2 lines" },
	{ "irq=127", "interrupts end with 127" },
	{ "irq=4294967295", "interrupts end with 127" },
};

START_TEST(parameters_must_make_sense)
{
	const char *const args[] = { "--driver", getenv("EVL_GPIO_SIM"),
				     "lines=2", refusals[_i].param, NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), -1);
	ck_assert_int_eq(WEXITSTATUS(status), CANNOT_LOAD);
	ck_assert(daemon_said(&test_daemon, refusals[_i].said));
	daemon_clean(&test_daemon);
}
END_TEST

static void add_tests_of_both_stages(TCase *tcase)
{
	tcase_add_loop_test(tcase, a_chip_says_what_it_is, 0, 2);
	tcase_add_loop_test(tcase, lines_say_what_they_are, 0, 2);
	tcase_add_loop_test(tcase, a_handle_reads_and_drives_its_line, 0, 2);
	tcase_add_loop_test(tcase, a_request_reads_and_drives_its_lines, 0, 2);
	tcase_add_loop_test(tcase, other_levels_are_refused, 0, 2);
}

int main(void)
{
	Suite *suite = suite_create("system/gpio");
	TCase *tcase = tcase_create("gpio");

	tcase_add_checked_fixture(tcase, gpio_setup, gpio_teardown);
	tcase_set_timeout(tcase, 60);
	add_tests_of_both_stages(tcase);
	tcase_add_test(tcase, who_drives_a_line_says_where_it_is);
	tcase_add_test(tcase, what_makes_no_sense_is_refused);
	tcase_add_test(tcase, a_shell_may_pull_lines);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("parameters");
	tcase_add_loop_test(tcase, parameters_must_make_sense, 0,
			    sizeof(refusals) / sizeof(refusals[0]));
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
