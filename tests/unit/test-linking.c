/* SPDX-License-Identifier: MIT */
/* Drivers which use each other's symbols, and none that is not lent. */
#include "module-rig.h"
#include "suite.h"
#include "vfs/complaint.h"
#include "vfs/linking.h"
#include "vfs/module.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

START_TEST(exported_symbols_are_found)
{
	ck_assert_int_eq(rig_load("lender-a"), 0);
	ck_assert_int_eq(rig_load("lender-b"), 0);
	ck_assert_int_eq(rig_load("borrower"), 0);
	/* data, lend_a(), lent_value, lend_b(), lend_weak() */
	ck_assert_int_eq(rig_call("borrower", "call_borrower"),
			 1 + 10 + 10 + 21 + 1000);
	/* The variable is one and the same. */
	ck_assert_int_eq(
		*(const int *)module_symbol(rig_find("lender_a"), "lent_value"),
		11);
}
END_TEST

/* Each has `data`, `where` and get_data(), visible or not; the second one also
 * a function of its own which the C library has, too. */
START_TEST(other_symbols_are_nobody_elses)
{
	static const char *const names[] = { "borrower", "borrower-visible" };
	static const char *const calls[] = { "call_borrower",
					     "call_borrower_visible" };

	ck_assert_int_eq(rig_load("lender-a"), 0);
	ck_assert_int_eq(rig_load("lender-b"), 0);
	ck_assert_int_eq(rig_load(names[_i]), 0);
	ck_assert_int_eq(rig_call("lender_a", "call_lender_a"), 10);
	ck_assert_int_eq(rig_call("lender_b", "call_lender_b"), 20);
	ck_assert_int_eq(rig_call(module_name(module_nth(2)), calls[_i]),
			 1 + _i + 10 + 10 + 21 + 1000 + (_i ? 500 : 0));
	ck_assert_ptr_null(module_symbol(module_nth(0), "get_data"));
}
END_TEST

START_TEST(drivers_given_together_are_put_in_order)
{
	const struct module_order orders[] = {
		{ .path = rig_path("borrower") },
		{ .path = rig_path("lender-ab") },
		{ .path = rig_path("lender-c") },
		{ .path = rig_path("lender-a") },
	};

	ck_assert_int_eq(module_load_all(orders, 4), 0);
	/* As given, but for those which must wait. */
	rig_assert_loaded(0, "lender_c");
	rig_assert_loaded(1, "lender_a");
	rig_assert_loaded(2, "lender_ab");
	rig_assert_loaded(3, "borrower");
	ck_assert_int_eq(rig_call("borrower", "call_borrower"),
			 1 + 10 + 10 + 31);
}
END_TEST

START_TEST(both_orders_do)
{
	if (_i)
		ck_assert_int_eq(rig_load_both("lender-a", "lender-ab"), 0);
	else
		ck_assert_int_eq(rig_load_both("lender-ab", "lender-a"), 0);
	rig_assert_loaded(0, "lender_a");
	rig_assert_loaded(1, "lender_ab");
}
END_TEST

START_TEST(who_needs_each_other_is_refused)
{
	ck_assert_int_eq(rig_load_both("ring-a", "ring-b"), -ELOOP);
	rig_said("drivers need each other: ");
	ck_assert_ptr_nonnull(
		strstr(complaint(), "ring_a needs lend_b of ring_b"));
	ck_assert_ptr_nonnull(strstr(complaint(), "ring_b needs le"));
	ck_assert_ptr_null(module_nth(0));
}
END_TEST

START_TEST(what_is_missing_is_named)
{
	ck_assert_int_eq(rig_load("borrower"), -ENOEXEC);
	rig_said("borrower.so: undefined symbol: ");
	ck_assert_ptr_nonnull(strstr(complaint(), "lend_a"));
	ck_assert_ptr_nonnull(strstr(complaint(), "lend_b"));
	ck_assert_ptr_nonnull(strstr(complaint(), "lent_value"));
}
END_TEST

START_TEST(who_would_have_it_is_named)
{
	char dir[] = "/tmp/evl-test-XXXXXX", copy[64], lone[64], text[160];
	char command[1200];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(lone, sizeof(lone), "%s/borrower.so", dir);
	snprintf(copy, sizeof(copy), "%s/some", dir);
	snprintf(command, sizeof(command),
		 "mkdir %s && cp %s %s && cp %s %s && cp /etc/passwd %s/x.so",
		 copy, rig_path("borrower"), lone, rig_path("lender-a"), copy,
		 copy);
	ck_assert_int_eq(system(command), 0);

	linking_set_dirs(copy);
	ck_assert_int_eq(rig_load("lender-b"), 0);
	rig_forget();
	ck_assert_int_eq(module_load(lone, NULL, 0), -ENOEXEC);
	snprintf(text, sizeof(text), "lend_a (load %s/lender-a.so first)",
		 copy);
	rig_said("undefined symbol: ");
	ck_assert_msg(strstr(complaint(), text) != NULL, "%s", complaint());
	/* And not what is there. */
	ck_assert_ptr_null(strstr(complaint(), "lend_b"));

	snprintf(command, sizeof(command), "rm -r %s", dir);
	ck_assert_int_eq(system(command), 0);
	linking_set_dirs("");
}
END_TEST

START_TEST(what_is_not_exported_is_not_found)
{
	ck_assert_int_eq(rig_load("lender-c"), 0);
	rig_forget();
	ck_assert_int_eq(rig_load("prying"), -ENOEXEC);
	rig_said("undefined symbol: keep_c:");
}
END_TEST

START_TEST(two_cannot_export_the_same)
{
	ck_assert_int_eq(rig_load("lender-a"), 0);
	rig_forget();
	ck_assert_int_eq(rig_load("lender-twin"), -ENOEXEC);
	rig_said("lender-twin.so: it exports ");
	ck_assert_ptr_nonnull(strstr(complaint(), ", as lender_a does: give"));
	ck_assert_int_eq(rig_load("claiming"), -ENOEXEC);
	rig_said("it exports gnu_get_libc_version, as evl-cused or its C");
}
END_TEST

/* Else there would be two of them, one without an init function run. */
START_TEST(who_was_linked_with_a_driver_gets_that_one)
{
	ck_assert_int_eq(rig_load_both("linked", "lender-a"), 0);
	rig_assert_loaded(0, "lender_a");
	ck_assert_int_eq(rig_call("linked", "call_linked"), 9 + 10 + 10);
	ck_assert_int_eq(
		*(const int *)module_symbol(rig_find("lender_a"), "lent_value"),
		11);
	ck_assert_int_eq(module_unload("lender_a"), -EBUSY);
}
END_TEST

START_TEST(who_was_linked_with_a_driver_needs_it)
{
	ck_assert_int_eq(rig_load("linked"), -ENOEXEC);
	rig_said("lender-a.so, a driver: load that first");
}
END_TEST

int main(void)
{
	const struct suite_test tests[] = {
		{ "exported", exported_symbols_are_found, 1 },
		{ "private", other_symbols_are_nobody_elses, 2 },
		{ "order", drivers_given_together_are_put_in_order, 1 },
		{ "orders", both_orders_do, 2 },
		{ "ring", who_needs_each_other_is_refused, 1 },
		{ "missing", what_is_missing_is_named, 1 },
		{ "candidates", who_would_have_it_is_named, 1 },
		{ "kept", what_is_not_exported_is_not_found, 1 },
		{ "twins", two_cannot_export_the_same, 1 },
		{ "linked", who_was_linked_with_a_driver_gets_that_one, 1 },
		{ "unlinked", who_was_linked_with_a_driver_needs_it, 1 },
		{ 0 },
	};
	Suite *suite = suite_create("vfs/linking");

	suite_add_all(suite, tests, rig_setup, rig_teardown);

	return suite_run(suite);
}
