/* SPDX-License-Identifier: MIT */
/*
 * 32-bit clients of the 64-bit daemon: each case is one of client32, built with
 * the 32-bit libevlclient. And the other way round: what a 64-bit client must
 * not get of what is for them.
 */
#include "daemon.h"
#include "drivers/compat.h"

#include <errno.h>
#include <evl/evl.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char *const cases[] = {
	"attaches",
	"threads_attach",
	"reads_and_writes",
	"gets_compat_handlers",
	"gets_no_other_handlers",
	"converts_pointers",
	"passes_nested_pointers",
	"reaches_high_memory",
	"passes_times",
	"uses_xbufs",
	"sets_nonblock_by_any_name",
	"finds_nodes_in_dev",
	"polls_with_time_limits",
	"maps_memory",
	"restarts_after_signals",
	"forks",
	"survives_careless_drivers",
	"receives_descriptors",
	"duplicates_by_any_name",
	"opens_no_other_huge_files",
	"reads_edges",
};

#define NR_CASES (int)(sizeof(cases) / sizeof(cases[0]))

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_CARELESS"),
				     "--driver", getenv("EVL_COMPAT"),
				     "--driver", getenv("EVL_GPIO_SIM"),
				     "--driver", getenv("EVL_LOOPBACK"),
				     "--driver", getenv("EVL_MAPPED"),
				     NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

static int be_narrow(void *arg)
{
	const char *program = getenv("EVL_CLIENT32");

	execl(program, program, test_daemon.devdir, (const char *)arg, NULL);

	return 3;
}

START_TEST(a_32_bit_client)
{
	int status = child_wait(child_start(be_narrow, (void *)cases[_i]));

	ck_assert_msg(status == 0, "%s: status %d", cases[_i], status);
}
END_TEST

START_TEST(a_64_bit_client_gets_the_other_handlers)
{
	static const char *const names[] = { "compat", "no-compat" };
	int fd;

	ck_assert_int_ge(evl_attach_self("wide-%d", getpid()), 0);
	for (int i = 0; i < 2; i++) {
		fd = open(node_path(names[i]), O_RDWR);
		ck_assert_int_eq(ioctl(fd, COMPAT_WHO), 64);
		ck_assert_int_eq(oob_ioctl(fd, COMPAT_WHO), 64);
		ck_assert_int_eq(oob_ioctl(fd, COMPAT_CALLS), 0);
	}

	fd = open(node_path("ptr-compat"), O_RDWR);
	errno = 0;
	ck_assert_int_eq(oob_ioctl(fd, COMPAT_WHO), -1);
	ck_assert_int_eq(errno, ENOTTY);
}
END_TEST

START_TEST(nested_pointers_of_a_64_bit_client)
{
	char text[] = "nested";
	struct compat_text64 args = { .text = (uintptr_t)text, .len = 6 };
	int fd = open(node_path("compat"), O_RDWR);

	ck_assert_int_ge(evl_attach_self("wide-%d", getpid()), 0);
	ck_assert_int_eq(oob_ioctl(fd, COMPAT_UPPER64, &args), 6);
	ck_assert_str_eq(text, "NESTED");
	strcpy(text, "inband");
	ck_assert_int_eq(ioctl(fd, COMPAT_UPPER64, &args), 6);
	ck_assert_str_eq(text, "INBAND");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/compat");

	if (access(getenv("EVL_CLIENT32"), X_OK)) {
		printf("no 32-bit client was built: install lib32gcc-12-dev "
		       "and libc6-dev-i386, configure with "
		       "-Dcompat32=enabled\n");
		return 77;
	}

	tcase_add_checked_fixture(
		suite_add(suite, "32-bit", a_32_bit_client, NR_CASES), setup,
		daemon_teardown);
	tcase_add_checked_fixture(
		suite_add(suite, "64-bit",
			  a_64_bit_client_gets_the_other_handlers, 1),
		setup, daemon_teardown);
	tcase_add_checked_fixture(suite_add(suite, "nested",
					    nested_pointers_of_a_64_bit_client,
					    1),
				  setup, daemon_teardown);

	return suite_run(suite);
}
