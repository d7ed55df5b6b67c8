/* SPDX-License-Identifier: MIT */
/*
 * What all the tools do alike: help, bad usage, no daemon, JSON. What is wrong is
 * one line on stderr, with an exit status of which each man page tells.
 */
#include "daemon.h"
#include "tool.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOWHERE "/nowhere/control"

/* By the variables which have their paths. */
static const char *const tools[] = {
	"EVL_BENCH",	"EVL_COMMAND", "EVL_DEVICES", "EVL_DRIVER_TOOL",
	"EVL_MKDRIVER", "EVL_PS",      "EVL_RECORD",  "EVL_TEST_DRIVER",
};

#define NR_TOOLS (sizeof(tools) / sizeof(tools[0]))

static struct tool_output output;

static void assert_one_line(const char *text)
{
	const char *end = strchr(output.err, '\n');

	ck_assert_msg(end && end[1] == '\0' && strstr(output.err, text),
		      "not one line with '%s': %s", text, output.err);
}

START_TEST(each_has_help)
{
	const char *const args[] = { "--help", NULL };

	ck_assert_int_eq(tool_run_apart(&output, getenv(tools[_i]), args), 0);
	ck_assert_str_eq(output.err, "");
	ck_assert_msg(strcasestr(output.out, "usage: "), "%s", output.out);
}
END_TEST

START_TEST(an_unknown_option_is_one_line)
{
	const char *const args[] = { "--no-such-option", NULL };

	ck_assert_int_eq(tool_run_apart(&output, getenv(tools[_i]), args), 2);
	ck_assert_str_eq(output.out, "");
	assert_one_line("--no-such-option");
	assert_one_line("; see --help\n");
}
END_TEST

static const struct call {
	const char *tool, *args[6];
	int status;
	const char *said; /* a part of the line */
} bad[] = {
	{ "EVL_PS", { "more" }, 2, "more: " },
	{ "EVL_PS", { "--cpu=x" }, 2, "x: not a CPU" },
	{ "EVL_DEVICES", { "more" }, 2, "more: " },
	{ "EVL_DRIVER_TOOL", { NULL }, 2, "load, unload, list and info" },
	{ "EVL_DRIVER_TOOL", { "reload", "a" }, 2, "reload: " },
	{ "EVL_DRIVER_TOOL", { "unload" }, 2, "evl driver unload NAME" },
	{ "EVL_DRIVER_TOOL", { "list", "a" }, 2, "evl driver list" },
	{ "EVL_RECORD", { "/dev/null" }, 2, "a device and a file" },
	{ "EVL_RECORD", { "/dev/null", "a", "b" }, 2, "b: " },
	{ "EVL_TEST_DRIVER", { "--size=0", "a" }, 2, "--size: 0 is not" },
	{ "EVL_TEST_DRIVER", { NULL }, 2, "which driver?" },
	{ "EVL_BENCH", { NULL }, 2, "what to measure?" },
	{ "EVL_BENCH", { "rtt", "-n", "1" }, 2, "--samples: 1 is not" },
	{ "EVL_COMMAND", { "no-such" }, 1, "no 'no-such' command" },
	{ "EVL_COMMAND", { "--prefix" }, 2, "--prefix: " },
	{ "EVL_PS", { "-jx" }, 2, "'x'; see --help" },
	{ "EVL_PS", { "--cpu" }, 2, "requires an argument; see --help" },
};

static void check_call(const struct call *call)
{
	ck_assert_msg(tool_run_apart(&output, getenv(call->tool), call->args) ==
			      call->status,
		      "%s: status %d: %s", call->tool, output.status,
		      output.err);
	assert_one_line(call->said);
}

START_TEST(bad_usage_is_one_line)
{
	check_call(&bad[_i]);
	ck_assert_str_eq(output.out, "");
}
END_TEST

/* With the socket of none, and where no daemon can be started. */
static const struct call lonely[] = {
	{ "EVL_PS", { NULL }, 3, NOWHERE },
	{ "EVL_DEVICES", { NULL }, 3, NOWHERE },
	{ "EVL_DRIVER_TOOL", { "list" }, 3, NOWHERE },
	{ "EVL_DRIVER_TOOL", { "load", "loopback" }, 3, NOWHERE },
	{ "EVL_DRIVER_TOOL", { "unload", "loopback" }, 3, NOWHERE },
	{ "EVL_RECORD", { "--oob", "/dev/null", "/nowhere/a" }, 3, NOWHERE },
	{ "EVL_BENCH", { "rtt", "-n", "100" }, 3, NOWHERE },
	{ "EVL_BENCH",
	  { "rtt", "--start", "--daemon=/nowhere/a" },
	  3,
	  "/nowhere/a: " },
	{ "EVL_BENCH",
	  { "rtt", "--start", "--driver=/nowhere/a.so" },
	  3,
	  "/nowhere/a.so" },
	{ "EVL_TEST_DRIVER",
	  { "--daemon=/nowhere/a", "loopback" },
	  3,
	  "/nowhere/a: " },
	{ "EVL_TEST_DRIVER",
	  { "--daemon-arg=--spin=x", "loopback" },
	  3,
	  "x: not a valid --spin" },
};

START_TEST(no_daemon_is_one_line)
{
	check_call(&lonely[_i]);
	ck_assert_str_eq(output.out, "");
}
END_TEST

static const struct call failures[] = {
	{ "EVL_PS", { "--json" }, 3, NOWHERE },
	{ "EVL_DEVICES", { "--json" }, 3, NOWHERE },
	{ "EVL_DRIVER_TOOL", { "list", "--json" }, 3, NOWHERE },
	{ "EVL_DRIVER_TOOL", { "info", "-j", "/nowhere/a.so" }, 4, "/nowhere" },
	{ "EVL_RECORD", { "--show", "-j", "/nowhere/a" }, 1, "/nowhere/a: " },
	{ "EVL_BENCH", { "rtt", "--json", "-n", "100" }, 3, NOWHERE },
	{ "EVL_TEST_DRIVER",
	  { "--json", "--daemon=/nowhere/a", "loopback" },
	  3,
	  "/nowhere/a: " },
	{ "EVL_TEST_DRIVER",
	  { "--json", "/nowhere/a.so" },
	  2,
	  "no such driver" },
};

/* What the JSON on stdout is, to be put. */
static struct json_object *parse(enum json_type type)
{
	struct json_object *root = json_tokener_parse(output.out);

	ck_assert_msg(json_object_is_type(root, type), "%s", output.out);

	return root;
}

/* The line, but for who said it. */
static void check_error(const char *said)
{
	struct json_object *root = parse(json_type_object), *error;

	ck_assert(json_object_object_get_ex(root, "error", &error));
	ck_assert_ptr_nonnull(strstr(json_object_get_string(error), said));
	json_object_put(root);
}

START_TEST(a_failure_is_json_too)
{
	check_call(&failures[_i]);
	check_error(failures[_i].said);
}
END_TEST

START_TEST(a_driver_which_is_not_loaded_has_its_name)
{
	const char *const args[] = { "--json", getenv("EVL_FAILS_INIT"), NULL };
	struct json_object *root, *name;

	ck_assert_int_eq(
		tool_run_apart(&output, getenv("EVL_TEST_DRIVER"), args), 1);
	ck_assert_str_eq(output.err, "");
	check_error("ENODEV");
	root = parse(json_type_object);
	ck_assert(json_object_object_get_ex(root, "driver", &name));
	ck_assert_str_eq(json_object_get_string(name), args[1]);
	json_object_put(root);
}
END_TEST

static const struct answer {
	const char *tool, *args[5];
	enum json_type type;
} answers[] = {
	{ "EVL_PS", { "--json" }, json_type_array },
	{ "EVL_PS", { "--json", "--channels" }, json_type_array },
	{ "EVL_DEVICES", { "--json" }, json_type_array },
	{ "EVL_DEVICES", { "--json", "--files" }, json_type_array },
	{ "EVL_DEVICES", { "--json", "--drivers" }, json_type_array },
	{ "EVL_DRIVER_TOOL", { "--json", "list" }, json_type_array },
	{ "EVL_DRIVER_TOOL", { "-j", "info", "loopback" }, json_type_object },
	{ "EVL_BENCH", { "rtt", "--json", "-n", "100" }, json_type_object },
};

START_TEST(an_answer_is_json)
{
	const struct answer *answer = &answers[_i];

	ck_assert_msg(tool_run_apart(&output, getenv(answer->tool),
				     answer->args) == 0,
		      "%s", output.err);
	json_object_put(parse(answer->type));
}
END_TEST

static void leave_alone(void)
{
	setenv("EVL_CUSED_SOCKET", NOWHERE, 1);
	unsetenv("EVL_DRIVER_PATH");
}

static void setup(void)
{
	const char *const args[] = { "--driver", getenv("EVL_LOOPBACK"), NULL };
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

static TCase *add_case(Suite *suite, const char *name, SFun before, SFun after)
{
	TCase *tcase = tcase_create(name);

	tcase_add_checked_fixture(tcase, before, after);
	tcase_set_timeout(tcase, 60);
	suite_add_tcase(suite, tcase);

	return tcase;
}

#define NR(array) ((int)(sizeof(array) / sizeof((array)[0])))

int main(void)
{
	Suite *suite = suite_create("system/tools");
	TCase *tcase = add_case(suite, "no daemon", leave_alone, NULL);

	tcase_add_loop_test(tcase, each_has_help, 0, NR_TOOLS);
	tcase_add_loop_test(tcase, an_unknown_option_is_one_line, 0, NR_TOOLS);
	tcase_add_loop_test(tcase, bad_usage_is_one_line, 0, NR(bad));
	tcase_add_loop_test(tcase, no_daemon_is_one_line, 0, NR(lonely));
	tcase_add_loop_test(tcase, a_failure_is_json_too, 0, NR(failures));
	tcase_add_test(tcase, a_driver_which_is_not_loaded_has_its_name);

	tcase = add_case(suite, "daemon", setup, daemon_teardown);
	tcase_add_loop_test(tcase, an_answer_is_json, 0, NR(answers));

	return suite_run(suite);
}
