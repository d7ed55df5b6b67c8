/* SPDX-License-Identifier: MIT */
/* Parameters of drivers: of every type, wherever they are given. */
#include "daemon.h"
#include "tool.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CANNOT_LOAD 4

static char config[192]; /* a file */

static void start(const char *const *args)
{
	int status;

	ck_assert_int_eq(daemon_start(&test_daemon, args, &status), 0);
}

static void setup(void)
{
	start(NULL);
}

static void teardown(void)
{
	if (config[0])
		unlink(config);
	daemon_teardown();
}

static void write_config(const char *text)
{
	FILE *file;

	strcpy(config, "/tmp/evl-conf-XXXXXX");
	file = fdopen(mkstemp(config), "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	fclose(file);
}

static void assert_params(const char *text)
{
	int fd = open(node_path("params"), O_RDONLY);
	char buf[256];
	ssize_t len;

	ck_assert_int_ge(fd, 0);
	len = read(fd, buf, sizeof(buf) - 1);
	ck_assert_int_gt(len, 0);
	buf[len] = '\0';
	ck_assert_str_eq(buf, text);
	close(fd);
}

#define DEFAULTS "1 2 3 4 5 6 7 8 0 0 none none 0:0:0:0"
#define SET                                                             \
	"255 -32768 65535 -2147483648 4294967295 -9223372036854775808 " \
	"18446744073709551615 18446744073709551615 1 1 a=b;c x y 3:-1:16:8"

#define PARAMS                                                             \
	"byte=255", "short=-32768", "ushort=65535", "int=-2147483648",     \
		"uint=4294967295", "long=-9223372036854775808",            \
		"ulong=0xffffffffffffffff", "ullong=18446744073709551615", \
		"yesno", "invbool=n", "charp=a=b;c", "string=x y",         \
		"numbers=-1,0x10,010"

START_TEST(parameters_are_as_on_the_command_line)
{
	const char *const args[] = { "--driver", getenv("EVL_PARAMS"),	 PARAMS,
				     "--driver", getenv("EVL_LOOPBACK"), NULL };

	start(args);
	assert_params(SET);
}
END_TEST

START_TEST(parameters_are_as_in_the_file)
{
	const char *const args[] = { "--config", config, NULL };
	char text[1024];

	snprintf(text, sizeof(text),
		 "[driver params]\n"
		 "path = %s\n"
		 "param.byte = 255\nparam.short=-32768\n"
		 "param.ushort: 65535\n"
		 "param.int = -2147483648 ; as low as it goes\n"
		 "param.uint = 4294967295\n"
		 "param.long = -9223372036854775808\n"
		 "param.ulong = 0xffffffffffffffff\n"
		 "param.ullong = 18446744073709551615\n"
		 "param.yesno = yes\nparam.invbool = n\n"
		 "param.charp = a=b;c\nparam.string =   x y  \n"
		 "param.numbers = -1,0x10,010\n",
		 getenv("EVL_PARAMS"));
	write_config(text);
	start(args);
	assert_params(SET);
}
END_TEST

START_TEST(parameters_are_as_the_tool_has_them)
{
	tool_expect(0, NULL, "load", getenv("EVL_PARAMS"), PARAMS, NULL);
	assert_params(SET);
	tool_expect(0, NULL, "unload", "params", NULL);
	tool_expect(0, NULL, "load", getenv("EVL_PARAMS"), NULL);
	assert_params(DEFAULTS);
}
END_TEST

/* One driver, not two. */
START_TEST(the_command_line_overrides_the_file)
{
	const char *const by_name[] = { "--config", config,  "--driver",
					"params",   "int=9", NULL };
	const char *const by_path[] = { "--config", config,
					"--driver", getenv("EVL_PARAMS"),
					"int=9",    "uint=1",
					NULL };
	char text[512];

	snprintf(text, sizeof(text),
		 "[driver params]\npath = %s\nparam.int = 5\n"
		 "param.uint = 17\n",
		 _i ? "/nonexistent" : getenv("EVL_PARAMS"));
	write_config(text);
	start(_i ? by_path : by_name);
	assert_params(_i ? "1 2 3 9 1 6 7 8 0 0 none none 0:0:0:0"
			 : "1 2 3 9 17 6 7 8 0 0 none none 0:0:0:0");
}
END_TEST

START_TEST(bad_parameters_are_refused)
{
	const char *path = getenv("EVL_PARAMS");
	static const struct {
		const char *param, *text;
	} cases[] = {
		{ "byte=256", "parameter byte cannot be '256'" },
		{ "int", "parameter int wants a value of type int" },
		{ "numbers=1,2,3,4,5", "of type array of int" },
		{ "string=0123456789abcdef", "of type string" },
		{ "yesno=perhaps", "of type bool" },
		{ "colour=red", "there is no parameter colour: it has" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		tool_expect(CANNOT_LOAD, cases[i].text, "load", path,
			    cases[i].param, NULL);
		ck_assert(daemon_said(&test_daemon, cases[i].text));
	}
	tool_expect(0, NULL, "load", path, NULL);
	assert_params(DEFAULTS);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr,
		void (*before)(void))
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), before,
				  teardown);
}

int main(void)
{
	Suite *suite = suite_create("system/param");

	add(suite, "args", parameters_are_as_on_the_command_line, 1, NULL);
	add(suite, "file", parameters_are_as_in_the_file, 1, NULL);
	add(suite, "tool", parameters_are_as_the_tool_has_them, 1, setup);
	add(suite, "override", the_command_line_overrides_the_file, 2, NULL);
	add(suite, "bad", bad_parameters_are_refused, 1, setup);

	return suite_run(suite);
}
