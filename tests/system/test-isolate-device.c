/* SPDX-License-Identifier: MIT */
/*
 * Devices of the configuration, of which drivers in processes of their own have
 * some: each has one driver, whose process may end any time. What they are to such
 * a driver is in test-device.c.
 */
#include "daemon.h"
#include "drivers/servo.h"
#include "endure.h"
#include "poller.h"
#include "servo-reader.h"
#include "tool.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <uapi/evl/devices/gpio-sim.h>
#include <unistd.h>

#define CANNOT_LOAD 4

/* Whose lines are the devices' interrupts. */
static int chip;

static void setup(void)
{
	const char *const args[] = {
		"--verbose",
		"--device",
		"servo",
		"reg=0x40000000 0x10",
		"irq=21",
		"limit=180",
		"--device",
		"servo.1",
		"reg=0x40001000 0x10",
		"irq=24",
		"limit=90",
		"--device",
		"servo.2",
		"reg=0x40002000 0x10",
		"irq=23",
		"limit=30",
		"enable-gpios=gpio-sim 5",
		"--device",
		"balky",
		"irq=22",
		"--driver",
		getenv("EVL_GPIO_SIM"),
		"irq=21",
		"lines=8",
		NULL,
	};

	poller_setup_with(args);
	chip = open(node_path("gpio-sim"), O_RDWR | O_CLOEXEC);
	ck_assert_int_ge(chip, 0);
}

static void teardown(void)
{
	close(chip);
	endure_teardown();
}

/* Interrupt 21 + @offset. */
static bool try_to_raise(unsigned int offset)
{
	struct gpio_sim_level level = { .offset = offset };

	while (level.level < 2 && ioctl(chip, GPIO_SIM_IOC_PULL, &level) == 0)
		level.level++;

	return level.level == 2;
}

static void raise_line(unsigned int offset)
{
	ck_assert(try_to_raise(offset));
}

static void load(const char *name, const char *param)
{
	tool_expect(0, NULL, "load", getenv(name), "isolate=yes", param, NULL);
}

static void await_said(const char *text)
{
	while (!daemon_said(&test_daemon, text))
		sched_yield();
}

static bool is_there(const char *name)
{
	return access(node_path(name), F_OK) == 0;
}

/* The same driver by another name, so that both can be loaded. */
static const char *copy_of_servo(void)
{
	static char path[160], command[512];

	snprintf(path, sizeof(path), "%s/servo_too.so", test_daemon.dir);
	snprintf(command, sizeof(command), "cp %s %s", getenv("EVL_SERVO"),
		 path);
	ck_assert_int_eq(system(command), 0); /* NOLINT(cert-env33-c) */

	return path;
}

static const char *const how[] = { "isolate=no", "isolate=yes" };

/* One of both, at least, has a process of its own. */
START_TEST(a_device_has_one_driver)
{
	const char *too = copy_of_servo(), *first = how[(_i + 1) / 2],
		   *second = how[_i != 1];

	tool_expect(0, NULL, "load", getenv("EVL_SERVO"), first, NULL);
	ck_assert(is_there("servo"));
	tool_expect(0, NULL, "load", too, second, NULL);
	/* It was not even asked. */
	ck_assert(!daemon_said(&test_daemon, "the probe function of driver"));
	tool_expect(0, NULL, "unload", "servo", NULL);
	ck_assert(!is_there("servo"));
	ck_assert(!is_there("servo.1"));

	/* It was nobody's when nobody looked. */
	tool_expect(0, NULL, "unload", "servo_too", NULL);
	tool_expect(0, NULL, "load", too, second, NULL);
	ck_assert(is_there("servo"));
	ck_assert(is_there("servo.1"));
	unlink(too);
}
END_TEST

START_TEST(a_lost_device_is_had_again)
{
	const char *again = how[_i];

	for (int i = 0; i < 10; i++) {
		load("EVL_SERVO", NULL);
		ck_assert(is_there("servo"));
		ck_assert_int_eq(kill(daemon_host_of("servo"), SIGKILL), 0);
		while (is_there("servo"))
			sched_yield();
		/* Whether its end is noticed before this or not. */
		raise_line(0);
		tool_expect(0, NULL, "unload", "servo", NULL);
		tool_expect(0, NULL, "load", getenv("EVL_SERVO"), again, NULL);
		ck_assert(is_there("servo"));
		ck_assert(is_there("servo.1"));
		tool_expect(0, NULL, "unload", "servo", NULL);
	}
}
END_TEST

START_TEST(one_lost_in_probe_is_had_again)
{
	struct tool_run run;
	pid_t host;

	tool_start(&run, "load", getenv("EVL_BALKY"), "isolate=yes",
		   "stuck=probe", NULL);
	await_said("balky: probing");
	host = daemon_host_of("balky");
	ck_assert_int_gt(host, 0);
	raise_line(1);
	ck_assert_int_eq(kill(host, SIGKILL), 0);
	tool_wait(&run);
	ck_assert_int_eq(run.status, CANNOT_LOAD);

	load("EVL_BALKY", NULL);
	ck_assert(is_there("balky"));
}
END_TEST

/* Until it has been interrupted. */
static void check_balky(void)
{
	int fd = open(node_path("balky"), O_RDONLY);
	char byte;

	ck_assert_int_ge(fd, 0);
	raise_line(1);
	while (read(fd, &byte, 1) == 0)
		sched_yield();
	close(fd);
}

START_TEST(one_lost_in_an_interrupt_is_had_again)
{
	pid_t host;

	daemon_rules_broken = true;
	load("EVL_BALKY", "stuck=irq");
	host = daemon_host_of("balky");
	raise_line(1);
	await_said("balky: interrupted");
	/* Nobody hears of these. */
	for (int i = 0; i < 100; i++)
		raise_line(1);
	ck_assert_int_eq(kill(host, SIGKILL), 0);
	await_said("driver balky: its process ended (");
	raise_line(1);

	load("EVL_BALKY", NULL);
	check_balky();
}
END_TEST

static _Atomic(bool) stop;

/* Without Check, whose lock would be held where the other thread forks. */
static void *raise_all_the_time(void *arg)
{
	bool raised = true;

	while (!atomic_load(&stop) && raised)
		raised = try_to_raise(1);

	return raised ? &stop : NULL;
}

/* By its own will, or not. */
START_TEST(it_may_go_while_interrupts_come)
{
	pthread_t thread;
	void *raised;

	ck_assert_int_eq(
		pthread_create(&thread, NULL, raise_all_the_time, NULL), 0);
	for (int i = 0; i < 10; i++) {
		load("EVL_BALKY", NULL);
		check_balky();
		if (_i)
			ck_assert_int_eq(kill(daemon_host_of("balky"), SIGKILL),
					 0);
		while (_i && is_there("balky"))
			sched_yield();
		tool_expect(0, NULL, "unload", "balky", NULL);
	}
	atomic_store(&stop, true);
	pthread_join(thread, &raised);
	ck_assert_ptr_nonnull(raised);
}
END_TEST

/* gpio-sim raises what servo waits for in another process; the registers are the
 * device's, whoever drove it before. */
START_TEST(an_interrupt_gets_there)
{
	struct servo_reader reader = { .fd = -1 };
	volatile unsigned int *regs;

	for (int i = 0; i < 4; i++) {
		tool_expect(0, NULL, "load", getenv("EVL_SERVO"),
			    how[(i + 1) % 2], NULL);
		reader.fd = open(node_path("servo"), O_RDWR | O_CLOEXEC);
		ck_assert_int_ge(reader.fd, 0);
		regs = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED,
			    reader.fd, 0);
		ck_assert_ptr_ne((void *)regs, MAP_FAILED);
		ck_assert_uint_eq(regs[SERVO_POSITION / 4], i ? 41 + i : 0);
		servo_reader_start(&reader);
		regs[SERVO_POSITION / 4] = 42 + i;
		regs[SERVO_STATUS / 4] = 1;
		raise_line(0);
		pthread_join(reader.thread, NULL);
		ck_assert_int_eq(reader.ret, 4);
		ck_assert_uint_eq(reader.position, 42 + i);
		munmap((void *)regs, 4096);
		close(reader.fd);
		tool_expect(0, NULL, "unload", "servo", NULL);
	}
}
END_TEST

/* Others' GPIO lines are out of reach, and that is told. */
START_TEST(a_line_of_anothers_is_missed)
{
	load("EVL_SERVO", NULL);
	ck_assert(!is_there("servo.2"));
	ck_assert(
		daemon_said(&test_daemon,
			    "device servo.2: its driver waits for something, "
			    "as a GPIO chip: one of another driver's it cannot "
			    "have: load it without isolate=yes"));
	/* By the daemon alone, when it started. */
	ck_assert_uint_eq(
		daemon_nr_said(&test_daemon, "device balky: no driver has it"),
		1);
	/* Which leaves it to whoever can. */
	tool_expect(0, NULL, "load", copy_of_servo(), NULL);
	ck_assert(is_there("servo.2"));
	unlink(copy_of_servo());
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/isolate-device");

	add(suite, "one", a_device_has_one_driver, 3);
	add(suite, "lost", a_lost_device_is_had_again, 2);
	add(suite, "probe", one_lost_in_probe_is_had_again, 1);
	/* Nothing else runs beside an out-of-band loop if there is one CPU. */
	if (sysconf(_SC_NPROCESSORS_ONLN) > 1)
		add(suite, "handler", one_lost_in_an_interrupt_is_had_again, 1);
	add(suite, "storm", it_may_go_while_interrupts_come, 2);
	add(suite, "raise", an_interrupt_gets_there, 1);
	add(suite, "lines", a_line_of_anothers_is_missed, 1);

	return suite_run(suite);
}
