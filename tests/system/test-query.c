/* SPDX-License-Identifier: MIT */
/* What the daemon tells tools of its nodes. */
#include "daemon.h"
#include "raw-client.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void setup(void)
{
	const char *const args[] = {
		"--driver", getenv("EVL_LOOPBACK"),
		"--driver", getenv("EVL_SLOW_RELEASE"),
		NULL,
	};
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

static struct control_node_info query_node(const char *path)
{
	return raw_record(CONTROL_TABLE_NODES,
			  offsetof(struct control_node_info, path), path)
		.u.node_info;
}

/* Both are misc devices, whose node has the operations of all of them. */
START_TEST(a_node_is_oob_if_its_driver_has_such_operations)
{
	ck_assert_uint_eq(query_node("loopback").oob, 1);
	ck_assert_uint_eq(query_node("slow-release").oob, 0);
	ck_assert_uint_eq(query_node("loopback").ops,
			  (CONTROL_OP_OOB + 1) *
				  (CONTROL_OP_READ | CONTROL_OP_WRITE |
				   CONTROL_OP_IOCTL | CONTROL_OP_POLL));
	ck_assert_uint_eq(query_node("slow-release").ops, CONTROL_OP_READ);
}
END_TEST

START_TEST(an_element_is_oob_and_what_makes_it_is_not)
{
	int fd = raw_xbuf("seen", 16, 16);

	ck_assert_int_ge(fd, 0);
	ck_assert_uint_eq(query_node("evl/xbuf/seen").oob, 1);
	ck_assert_uint_eq(query_node("evl/xbuf/clone").oob, 0);
	close(fd);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/query");
	TCase *tcase = tcase_create("nodes");

	tcase_add_checked_fixture(tcase, setup, daemon_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_node_is_oob_if_its_driver_has_such_operations);
	tcase_add_test(tcase, an_element_is_oob_and_what_makes_it_is_not);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
