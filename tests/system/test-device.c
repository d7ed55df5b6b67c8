/* SPDX-License-Identifier: MIT */
/* Devices which the configuration names, and a driver for them: registers, an
 * interrupt, GPIO lines, properties. */
#include "daemon.h"
#include "drivers/servo.h"
#include "endure.h"
#include "poller.h"
#include "servo-reader.h"
#include "tool.h"
#include "usual.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <uapi/evl/devices/gpio-sim.h>
#include <unistd.h>

static const char *driver;

/* In a process of its own, or not. */
static const char *const how[] = { "isolate=no", "isolate=yes" };

static void setup(void)
{
	const char *const args[] = {
		"--verbose",
		"--device",
		"servo",
		"reg=0x40000000 0x10",
		"irq=21",
		"limit=180",
		"label=Front, left",
		"gains=1 -2, 0x10",
		"--device",
		"arm.1",
		"compatible=acme,big-servo, acme,fast-servo",
		"reg=0x40001000 0x10",
		"irq=22",
		"limit=90",
		"--device",
		"spare",
		"driver=servo",
		"reg=0x40002000 0x10",
		"irq=23",
		"limit=1",
		"label=\"by, name\"",
		"fast",
		"--device",
		"lamp",
		NULL
	};

	driver = getenv("EVL_SERVO");
	poller_setup_with(args);
}

static int open_servo(const char *name)
{
	int fd = open(node_path(name), O_RDWR | O_CLOEXEC);

	ck_assert_int_ge(fd, 0);

	return fd;
}

static struct servo_info info_of(const char *name)
{
	int fd = open_servo(name);
	struct servo_info info;

	ck_assert_int_eq(ioctl(fd, SERVO_IOC_INFO, &info), 0);
	close(fd);

	return info;
}

START_TEST(a_driver_finds_what_was_configured)
{
	struct servo_info info;

	ck_assert(daemon_said(&test_daemon, "device lamp: no driver has it"));
	tool_expect(0, NULL, "load", driver, how[_i], NULL);

	info = info_of("servo");
	ck_assert_uint_eq(info.limit, 180);
	ck_assert_uint_eq(info.gains[0], 1);
	ck_assert_int_eq((int)info.gains[1], -2);
	ck_assert_uint_eq(info.gains[2], 16);
	ck_assert_str_eq(info.label, "Front");
	ck_assert_uint_eq(info.fast, 0);

	info = info_of("arm.1");
	ck_assert_uint_eq(info.limit, 90);
	ck_assert_str_eq(info.label, "none");
	ck_assert_uint_eq(info.fast, 1);

	info = info_of("spare");
	ck_assert_str_eq(info.label, "by, name");
	ck_assert_uint_eq(info.fast, 1);
	ck_assert_int_ne(access(node_path("lamp"), F_OK), 0);

	/* Gone with it, there with it. */
	tool_expect(0, NULL, "unload", "servo", NULL);
	ck_assert_int_ne(access(node_path("servo"), F_OK), 0);
	ck_assert_int_ne(access(node_path("spare"), F_OK), 0);
	tool_expect(0, NULL, "load", driver, how[_i], NULL);
	ck_assert_uint_eq(info_of("arm.1").limit, 90);
}
END_TEST

START_TEST(an_application_can_play_the_hardware)
{
	struct servo_reader reader = { .fd = -1 };
	volatile unsigned int *regs;

	tool_expect(0, NULL, "load", driver, how[_i], NULL);
	reader.fd = open_servo("servo");
	regs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, reader.fd,
		    0);
	ck_assert_ptr_ne((void *)regs, MAP_FAILED);
	servo_reader_start(&reader);

	/* Not for us, says its handler. */
	ck_assert_int_eq(ioctl(reader.fd, SERVO_IOC_RAISE), 0);
	regs[SERVO_POSITION / 4] = 42;
	regs[SERVO_STATUS / 4] = 1;
	ck_assert_int_eq(ioctl(reader.fd, SERVO_IOC_RAISE), 0);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, 4);
	ck_assert_uint_eq(reader.position, 42);
	ck_assert_uint_eq(regs[SERVO_STATUS / 4], 0);

	tool_expect(5, "1 file is open", "unload", "servo", NULL);
	munmap((void *)regs, 4096);
	close(reader.fd);
	tool_expect(0, NULL, "unload", "servo", NULL);
	/* The registers are the device's. */
	tool_expect(0, NULL, "load", driver, how[_i], NULL);
	reader.fd = open_servo("servo");
	regs = mmap(NULL, 4096, PROT_READ, MAP_SHARED, reader.fd, 0);
	ck_assert_ptr_ne((void *)regs, MAP_FAILED);
	ck_assert_uint_eq(regs[SERVO_POSITION / 4], 42);
	munmap((void *)regs, 4096);
	close(reader.fd);
}
END_TEST

static void incomplete_setup(void)
{
	const char *const args[] = {
		"--device",
		"servo",
		"--device",
		"servo.1",
		"irq=3",
		"reg=0 16",
		"--device",
		"servo.2",
		"irq=3",
		"reg=16 16",
		"limit=x",
		"--device",
		"servo.3",
		"irq=3",
		"reg=32 16",
		"limit=7",
		"--device",
		"servo.4",
		"irq=3",
		"reg=48 16",
		"limit=8",
		"--driver",
		getenv("EVL_SERVO"),
		NULL,
	};

	poller_setup_with(args);
}

START_TEST(what_is_missing_is_told)
{
	static const char *const said[] = {
		"servo: no registers were configured",
		"device servo: the probe function of driver servo failed with "
		"-22 (EINVAL",
		"servo.1: error -22: no limit",
		"servo.2: error -71: no limit",
		"device servo.2: the probe function of driver servo failed "
		"with -71 (EPROTO",
		"servo.4: error -16: no interrupt",
		"device servo.4: no driver has it: load one, or check",
	};

	for (unsigned int i = 0; i < sizeof(said) / sizeof(said[0]); i++)
		ck_assert_msg(daemon_said(&test_daemon, said[i]), "%s",
			      said[i]);
	ck_assert_uint_eq(info_of("servo.3").limit, 7);
	ck_assert(!daemon_said(&test_daemon, "device servo.3: no driver"));
}
END_TEST

START_TEST(a_mistake_on_the_command_line_is_told)
{
	usual_refused(2, "what is that for?", "their --device", "--verbose",
		      "a=b", NULL);
	usual_refused(2, "without a name", "give it one", "--device=", NULL);
	usual_refused(2, "device a/b", "a name, please", "--device=a/b", NULL);
	usual_refused(2, "device a: x-gpios = y", "name chip and line",
		      "--device=a", "x-gpios=y", NULL);
	usual_refused(2, "irq = 128", "1 to 127", "--device=a", "irq=128",
		      NULL);
	usual_refused(2, "\"\"", "not a property's name", "--device=a", "=5",
		      NULL);
	usual_refused(2, "device b: reg = 0x10f", "another address",
		      "--device=a", "reg=0x100 16", "--device=b", "reg=0x10f 1",
		      NULL);
}
END_TEST

START_TEST(a_chip_is_ended_after_those_who_use_it)
{
	struct launch l = { .become = NULL };

	usual_start(&l, "--device=servo", "reg=0 16", "irq=5", "limit=20",
		    "fault-gpios=gpio-sim 1", "--driver", getenv("EVL_SERVO"),
		    "--driver", getenv("EVL_GPIO_SIM"), "irq=30", NULL);
	while (access(launch_path("dev/servo"), F_OK))
		sched_yield();
	ck_assert_int_eq(launch_end(&l, SIGTERM), 0);
	ck_assert(!launch_said(&l, "goes while lines of it are in use", NULL));
	launch_close(&l);
}
END_TEST

START_TEST(the_command_line_comes_after_the_file)
{
	const char *path = launch_path("conf");
	FILE *file = fopen(path, "we");
	struct launch l = { .become = NULL };
	struct servo_info info;
	int fd;

	ck_assert_ptr_nonnull(file);
	fputs("[device servo]\nreg = 0x1000 16\nirq = 5\nlimit = 10\n"
	      "label = file\n",
	      file);
	fclose(file);
	usual_start(&l, "--config", path, "--device=servo", "limit=20",
		    "reg=0x2000 16", "--driver", getenv("EVL_SERVO"), NULL);
	fd = open(launch_path("dev/servo"), O_RDONLY);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, SERVO_IOC_INFO, &info), 0);
	ck_assert_uint_eq(info.limit, 20);
	ck_assert_str_eq(info.label, "file");
	close(fd);
	usual_stop(&l);
	unlink(path);
}
END_TEST

/*
 * With GPIO lines.
 */

static int gpio_chip;

static void lines_setup(void)
{
	const char *const args[] = { "--device",
				     "servo",
				     "reg=0x40000000 0x10",
				     "irq=21",
				     "limit=180",
				     "enable-gpios=gpio-sim 3",
				     "fault-gpios=gpio-sim fault active-low",
				     "stop-gpio=gpio-sim 5",
				     "--driver",
				     getenv("EVL_SERVO"),
				     NULL };

	driver = getenv("EVL_GPIO_SIM");
	poller_setup_with(args);
}

static void load_chip(void)
{
	tool_expect(0, NULL, "load", driver, "lines=8", "irq=30",
		    "names=a,b,c,d,fault", NULL);
	gpio_chip = open(node_path("gpio-sim"), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(gpio_chip, 0);
}

static bool line_at(unsigned int offset)
{
	struct gpio_sim_level level = { .offset = offset };

	ck_assert_int_eq(ioctl(gpio_chip, GPIO_SIM_IOC_LEVEL, &level), 0);

	return level.level;
}

static void pull(unsigned int offset, unsigned int up)
{
	struct gpio_sim_level level = { .offset = offset, .level = up };

	ck_assert_int_eq(ioctl(gpio_chip, GPIO_SIM_IOC_PULL, &level), 0);
}

/* The node comes from the loop's own ground, once the chip is there. */
static int await_servo(void)
{
	int fd;

	while ((fd = open(node_path("servo"), O_RDWR | O_CLOEXEC)) < 0)
		sched_yield();

	return fd;
}

START_TEST(a_device_waits_for_its_chip)
{
	struct gpio_v2_line_info info = { .offset = 4 };
	struct gpio_v2_line_request req = {
		.num_lines = 1,
		.offsets = { 3 },
		.config = { .flags = GPIO_V2_LINE_FLAG_INPUT },
	};
	int fd;

	ck_assert_int_ne(access(node_path("servo"), F_OK), 0);
	ck_assert(daemon_said(&test_daemon,
			      "device servo: its driver waits for something"));
	/* Which is no error. */
	ck_assert(!daemon_said(&test_daemon, "error -517"));
	load_chip();
	fd = await_servo();

	ck_assert_int_eq(ioctl(gpio_chip, GPIO_V2_GET_LINEINFO_IOCTL, &info),
			 0);
	ck_assert_str_eq(info.name, "fault");
	ck_assert_str_eq(info.consumer, "fault");
	ck_assert_uint_eq(info.flags,
			  GPIO_V2_LINE_FLAG_USED | GPIO_V2_LINE_FLAG_INPUT);
	/* What a driver has, no application gets, and the chip stays. */
	ck_assert_int_eq(ioctl(gpio_chip, GPIO_V2_GET_LINE_IOCTL, &req), -1);
	ck_assert_int_eq(errno, EBUSY);
	close(fd);
	close(gpio_chip);
	tool_expect(5, "in use", "unload", "gpio-sim", NULL);
	tool_expect(0, NULL, "unload", "servo", NULL);
	gpio_chip = open(node_path("gpio-sim"), O_RDWR | O_CLOEXEC);
	ck_assert_int_eq(ioctl(gpio_chip, GPIO_V2_GET_LINE_IOCTL, &req), 0);

	/* And the other way round: told, and not waited for. */
	tool_expect(0, NULL, "load", getenv("EVL_SERVO"), NULL);
	ck_assert(daemon_said(&test_daemon, "failed with -16 (EBUSY"));
	tool_expect(0, NULL, "unload", "servo", NULL);
	close(req.fd);
	close(gpio_chip);
	tool_expect(0, NULL, "unload", "gpio-sim", NULL);
}
END_TEST

START_TEST(lines_are_used_on_both_stages)
{
	struct servo_reader reader = { .fd = -1 };
	struct servo_info info;
	int on = 1;

	load_chip();
	pull(4, 1); /* no fault */
	reader.fd = await_servo();
	ck_assert(!line_at(3));
	ck_assert_int_eq(oob_ioctl(reader.fd, SERVO_IOC_ENABLE, &on), 0);
	ck_assert(line_at(3));

	servo_reader_start(&reader);
	pull(4, 0);
	pthread_join(reader.thread, NULL);
	ck_assert_int_eq(reader.ret, -1);

	do {
		pull(5, 0);
		pull(5, 1);
		ck_assert_int_eq(ioctl(reader.fd, SERVO_IOC_INFO, &info), 0);
		ck_assert_int_eq(info.stop, 1);
	} while (info.nr_stops == 0);
	close(reader.fd);
	close(gpio_chip);

	/* Gone with the device, as it was. */
	tool_expect(0, NULL, "unload", "servo", NULL);
	gpio_chip = open(node_path("gpio-sim"), O_RDWR | O_CLOEXEC);
	ck_assert(!line_at(3));
	close(gpio_chip);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/device");
	TCase *tcase = tcase_create("device");

	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup, endure_teardown);
	tcase_add_loop_test(tcase, a_driver_finds_what_was_configured, 0, 2);
	tcase_add_loop_test(tcase, an_application_can_play_the_hardware, 0, 2);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("lines");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, lines_setup, endure_teardown);
	tcase_add_test(tcase, a_device_waits_for_its_chip);
	tcase_add_test(tcase, lines_are_used_on_both_stages);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("incomplete");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, incomplete_setup, endure_teardown);
	tcase_add_test(tcase, what_is_missing_is_told);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("start");
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, usual_setup, usual_teardown);
	tcase_add_test(tcase, a_mistake_on_the_command_line_is_told);
	tcase_add_test(tcase, a_chip_is_ended_after_those_who_use_it);
	tcase_add_test(tcase, the_command_line_comes_after_the_file);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
