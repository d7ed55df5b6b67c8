/* SPDX-License-Identifier: MIT */
/* Parameters of drivers: what they are set to, and what is refused. */
#include "module-rig.h"
#include "suite.h"

#include <errno.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <string.h>

static char got[64];

/* What @ops makes of @val in @arg, and what it shows then. */
static int give_and_take(const struct kernel_param_ops *ops, const char *val,
			 void *arg)
{
	const struct kernel_param kp = { .name = "p", .ops = ops, .arg = arg };
	int ret = ops->set(val, &kp);

	if (ret == 0)
		ck_assert_int_eq(ops->get(got, &kp), (int)strlen(got));

	return ret;
}

START_TEST(parameters_are_what_they_were_set_to)
{
	static union {
		u64 number;
		bool yes;
		char *text;
	} value;
	const struct {
		const struct kernel_param_ops *ops;
		const char *val, *shown;
		int ret;
	} cases[] = {
		{ &param_ops_byte, "255", "255\n", 0 },
		{ &param_ops_byte, "256", NULL, -ERANGE },
		{ &param_ops_byte, "", NULL, -EINVAL },
		{ &param_ops_short, "-32768", "-32768\n", 0 },
		{ &param_ops_short, "32768", NULL, -ERANGE },
		{ &param_ops_ushort, "0xffff", "65535\n", 0 },
		{ &param_ops_ushort, "65536", NULL, -ERANGE },
		{ &param_ops_int, "-1", "-1\n", 0 },
		{ &param_ops_int, "2147483648", NULL, -ERANGE },
		{ &param_ops_int, "one", NULL, -EINVAL },
		{ &param_ops_uint, "4294967295", "4294967295\n", 0 },
		{ &param_ops_uint, "-1", NULL, -EINVAL },
		{ &param_ops_long, "-9", "-9\n", 0 },
		{ &param_ops_long, "0x8000000000000000", NULL, -ERANGE },
		{ &param_ops_ulong, "010", "8\n", 0 },
		{ &param_ops_ulong, "0x10000000000000000", NULL, -ERANGE },
		{ &param_ops_ullong, "18446744073709551615",
		  "18446744073709551615\n", 0 },
		{ &param_ops_ullong, "1 2", NULL, -EINVAL },
		{ &param_ops_bool, "on", "Y\n", 0 },
		{ &param_ops_bool, NULL, "Y\n", 0 },
		{ &param_ops_bool, "2", NULL, -EINVAL },
		{ &param_ops_invbool, "off", "N\n", 0 },
		{ &param_ops_invbool, "x", NULL, -EINVAL },
		{ &param_ops_charp, "a text", "a text\n", 0 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&value, 0, sizeof(value));
		ck_assert_msg(give_and_take(cases[i].ops, cases[i].val,
					    &value) == cases[i].ret,
			      "%zu: %s", i, cases[i].val);
		if (cases[i].ret == 0)
			ck_assert_str_eq(got, cases[i].shown);
	}
	kfree(value.text);
}
END_TEST

START_TEST(strings_fit_or_are_refused)
{
	char text[4] = "";
	struct kparam_string string = { .maxlen = 4, .string = text };

	ck_assert_int_eq(give_and_take(&param_ops_string, "abc", &string), 0);
	ck_assert_str_eq(got, "abc\n");
	ck_assert_int_eq(give_and_take(&param_ops_string, "abcd", &string),
			 -ENOSPC);
	ck_assert_str_eq(text, "abc");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "params", parameters_are_what_they_were_set_to, 1 },
		{ "strings", strings_fit_or_are_refused, 1 },
		{ 0 },
	};
	Suite *suite = suite_create("vfs/module-param");

	suite_add_all(suite, tests, rig_setup, rig_teardown);

	return suite_run(suite);
}
