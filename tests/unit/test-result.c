/* SPDX-License-Identifier: MIT */
/* What a handler returned, as callers of either stage get it. */
#include "suite.h"
#include "vfs/result.h"

#include <limits.h>
#include <linux/errno.h>

START_TEST(values_go_through)
{
	ck_assert_int_eq(result_sane(0), 0);
	ck_assert_int_eq(result_sane(1), 1);
	ck_assert_int_eq(result_sane(INT_MAX), INT_MAX);
	ck_assert_int_eq(result_sane(SSIZE_MAX), SSIZE_MAX);
}
END_TEST

START_TEST(what_user_space_knows_goes_through)
{
	for (ssize_t err = 1; err <= 511; err++)
		ck_assert_int_eq(result_sane(-err), -err);
}
END_TEST

START_TEST(a_broken_sleep_is_an_interruption)
{
	ck_assert_int_eq(result_sane(-ERESTARTSYS), -EINTR);
	ck_assert_int_eq(result_sane(-513), -EINTR);
	ck_assert_int_eq(result_sane(-514), -EINTR);
	ck_assert_int_eq(result_sane(-516), -EINTR);
}
END_TEST

START_TEST(the_kernels_own_words_are_translated)
{
	ck_assert_int_eq(result_sane(-ENOIOCTLCMD), -ENOTTY);
	ck_assert_int_eq(result_sane(-ENOTSUPP), -EOPNOTSUPP);
}
END_TEST

START_TEST(what_nobody_knows_is_an_io_error)
{
	const ssize_t unknown[] = {
		-EPROBE_DEFER, -518,  -523,    -525,
		-4095,	       -4096, INT_MIN, -SSIZE_MAX - 1,
	};

	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		ck_assert_int_eq(result_sane(unknown[i]), -EIO);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/result");
	TCase *tcase = tcase_create("result");

	tcase_add_test(tcase, values_go_through);
	tcase_add_test(tcase, what_user_space_knows_goes_through);
	tcase_add_test(tcase, a_broken_sleep_is_an_interruption);
	tcase_add_test(tcase, the_kernels_own_words_are_translated);
	tcase_add_test(tcase, what_nobody_knows_is_an_io_error);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
