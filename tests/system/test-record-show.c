/* SPDX-License-Identifier: MIT */
/* evl record --show: what is in a trace, for people and as JSON. */
#include "recorder.h"

#include "../helpers.h"

#include <json-c/json.h>
#include <stdint.h>

#define SHOWN                                                             \
	"evl-trace 1\n# a \x1b[31mdevice\n0 read \"ab\"\n1 write \"x\"\n" \
	"2 read \"abcd\"\n3 ioctl 1 0\n4 error 19\n"

START_TEST(a_trace_is_shown)
{
	recorder_write(SHOWN "5 en");
	recorder_start("--show", recorder_path, NULL);
	recorder_ends(0, NULL);
	ck_assert_str_eq(
		recorder.printed,
		"# a ?[31mdevice\n"
		"reads   2, 6 bytes, 2 to 4 each, 1.5 bytes/s\n"
		"writes  1, 1 bytes, 1 each, 0.2 bytes/s\n"
		"ioctls  1\n"
		"gaps    2000000.000 us shortest, 2000000.000 median, "
		"2000000.000 longest between reads\n"
		"ended   No such device\n"
		"note    the last line is cut off, and left out\n\n"
		"reads   =                                  #                  "
		"                 \n"
		"writes                   #                                    "
		"                 \n"
		"        0                                                     "
		"          4.000 s\n");
}
END_TEST

static int64_t number(struct json_object *root, const char *name,
		      const char *key)
{
	struct json_object *obj = root;

	if (name)
		ck_assert(json_object_object_get_ex(root, name, &obj));
	ck_assert(json_object_object_get_ex(obj, key, &obj));

	return json_object_get_int64(obj);
}

START_TEST(a_trace_is_shown_as_json)
{
	struct json_object *root;

	recorder_write(SHOWN);
	recorder_start("--show", "--json", recorder_path, NULL);
	recorder_ends(0, NULL);
	root = json_tokener_parse(recorder.printed);
	ck_assert_ptr_nonnull(root);
	ck_assert_int_eq(number(root, NULL, "duration_ns"), 4000000000);
	ck_assert_int_eq(number(root, NULL, "error"), 19);
	ck_assert_int_eq(number(root, NULL, "truncated"), 0);
	ck_assert_int_eq(number(root, NULL, "gap_median_ns"), 2000000000);
	ck_assert_int_eq(number(root, "reads", "bytes"), 6);
	ck_assert_int_eq(number(root, "writes", "count"), 1);
	json_object_put(root);
}
END_TEST

/* Nothing but its first line is something, too. */
START_TEST(a_trace_of_nothing_is_shown)
{
	recorder_write("evl-trace 1\n");
	recorder_start("--show", recorder_path, NULL);
	recorder_ends(0, NULL);
	ck_assert_str_eq(recorder.printed, "reads   0\n");
	recorder_write("evl-trace 1\n0 ioctl 1 0\n2 end\n");
	recorder_start("--show", recorder_path, NULL);
	recorder_ends(0, NULL);
	ck_assert_str_eq(recorder.printed, "reads   0\nioctls  1\n");
}
END_TEST

START_TEST(what_is_no_trace_is_not_shown)
{
	static const struct {
		const char *text, *said;
	} cases[] = {
		{ "", "line 1: no trace" },
		{ "\n", "line 1: no trace" },
		{ "evl-trace 2\n", "another version" },
		{ "evl-trace 1\n\n0 rea\n", "line 3: neither read" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		recorder_write(cases[i].text);
		recorder_start("--show", recorder_path, NULL);
		recorder_ends(1, cases[i].said);
		ck_assert_str_eq(recorder.printed, "");
	}
	recorder_start("--show", "/nonexistent", NULL);
	recorder_ends(1, "No such file");
	recorder_start("--show", "/dev/zero", NULL);
	recorder_ends(1, "no regular file");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "show", a_trace_is_shown, 1 },
		{ "json", a_trace_is_shown_as_json, 1 },
		{ "nothing", a_trace_of_nothing_is_shown, 1 },
		{ "damaged", what_is_no_trace_is_not_shown, 1 },
		{ 0 },
	};
	Suite *suite = suite_create("system/record-show");

	suite_add_all(suite, tests, recorder_setup, recorder_teardown);

	return suite_run(suite);
}
