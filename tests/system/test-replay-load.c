/* SPDX-License-Identifier: MIT */
/* Which traces, names and rules the replay driver takes. */
#include "daemon.h"
#include "replayer.h"
#include "tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CANNOT_LOAD 4
#define OOB	    _i /* one runs once on each stage */

START_TEST(several_devices_have_names_of_their_own)
{
	char files[200];
	int fd;

	replayer_start("0 read \"r\"\n", NULL);
	snprintf(files, sizeof(files), "file=%s,%s,%s",
		 replayer_trace("0 read \"a\"\n"),
		 replayer_trace("0 read \"b\"\n"),
		 replayer_trace("0 read \"c\"\n"));
	tool_expect(0, NULL, "unload", "replay", NULL);
	tool_expect(0, NULL, "load", getenv("EVL_REPLAY"), files, "name=first",
		    NULL);
	for (int i = 0; i < 3; i++) {
		fd = open(node_path((const char *[]){ "first", "replay1",
						      "replay2" }[i]),
			  O_RDONLY);
		ck_assert_int_ge(fd, 0);
		replayer_ck(i % 2, fd, (const char *[]){ "a", "b", "c" }[i]);
		close(fd);
	}
}
END_TEST

#define LONG_NAME \
	"0123456789-abcdefghijklmnopqrstuvwxyz.ABCDEFGHIJKLMNOPQRSTUVWX_"

/* As long as may be, and with all that may be in it. */
START_TEST(a_plain_name_is_a_node_s)
{
	char file[80];
	int fd;

	replayer_start("0 read \"r\"\n", NULL);
	snprintf(file, sizeof(file), "file=%s",
		 replayer_trace("0 read \"a\"\n"));
	tool_expect(0, NULL, "unload", "replay", NULL);
	tool_expect(0, NULL, "load", getenv("EVL_REPLAY"), file,
		    "name=" LONG_NAME, NULL);
	fd = open(node_path(LONG_NAME), O_RDONLY);
	ck_assert_int_ge(fd, 0);
	replayer_ck(OOB, fd, "a");
	close(fd);
}
END_TEST

START_TEST(what_makes_no_sense_is_refused)
{
	static const struct {
		const char *lines, *param, *said;
	} cases[] = {
		{ "0 read 00\n1 what\n", NULL, ":3: neither read, write" },
		{ "0 read 00\n", "speed=fast", "speed cannot be 'fast'" },
		{ "0 read 00\n", "speed=x",
		  "give it a value that says: times as fast as recorded" },
		{ "0 read 00\n", "speed",
		  "speed wants a value that says: times as fast" },
		{ "0 read 00\n", "writes=x", "says: check, strict or accept" },
		{ "0 read 00\n", "speed=", "speed cannot be ''" },
		{ "0 read 00\n", "speed=1.2345", "speed cannot be" },
		{ "0 read 00\n", "speed=1000001", "speed cannot be" },
		{ "0 read 00\n", "writes=maybe", "writes cannot be 'maybe'" },
		{ "0 read 00\n", "name=a//b", "name cannot be 'a//b'" },
		{ "0 read 00\n", "name=x/y", "name cannot be 'x/y'" },
		{ "0 read 00\n", "name=..", "name cannot be '..'" },
		{ "0 read 00\n", "name=a b", "name cannot be 'a b'" },
		{ "0 read 00\n", "name=" LONG_NAME "4",
		  "name cannot be '0123" },
		{ "0 read 00\n", "name=evl", "no node evl" },
	};
	size_t i = (size_t)_i;
	char file[80];
	int fd;

	replayer_start("0 read \"r\"\n", NULL);
	snprintf(file, sizeof(file), "file=%s", replayer_trace(cases[i].lines));
	tool_expect(0, NULL, "unload", "replay", NULL);
	tool_expect(CANNOT_LOAD, "replay", "load", getenv("EVL_REPLAY"), file,
		    cases[i].param, NULL);
	ck_assert(daemon_said(&test_daemon, cases[i].said));
	tool_expect(CANNOT_LOAD, "replay", "load", getenv("EVL_REPLAY"), NULL);
	ck_assert(daemon_said(&test_daemon, "file= is missing"));
	tool_expect(CANNOT_LOAD, "replay", "load", getenv("EVL_REPLAY"),
		    "file=/nonexistent", NULL);
	ck_assert(daemon_said(&test_daemon, "/nonexistent cannot be read "
					    "(-ENOENT): there is no such"));
	tool_expect(CANNOT_LOAD, "replay", "load", getenv("EVL_REPLAY"),
		    "file=/dev/null", NULL);
	ck_assert(daemon_said(&test_daemon, "/dev/null cannot be read "
					    "(-EINVAL): it is empty, or no"));
	/* And a good one is none the worse. */
	snprintf(file, sizeof(file), "file=%s",
		 replayer_trace("0 read \"a\"\n"
				"1 read 0"));
	tool_expect(0, NULL, "load", getenv("EVL_REPLAY"), file, NULL);
	ck_assert(daemon_said(&test_daemon, "line 3 is cut off"));
	fd = replayer_open(O_RDONLY);
	replayer_ck(0, fd, "a");
	replayer_ck(1, fd, "");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "names", several_devices_have_names_of_their_own, 1 },
		{ "plain", a_plain_name_is_a_node_s, 2 },
		{ "refused", what_makes_no_sense_is_refused, 15 },
		{ 0 },
	};
	Suite *suite = suite_create("system/replay-load");

	suite_add_all(suite, tests, NULL, replayer_teardown);

	return suite_run(suite);
}
