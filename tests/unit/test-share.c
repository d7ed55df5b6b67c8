/* SPDX-License-Identifier: MIT */
/* What one user may have of what all share. */
#include "base/share.h"
#include "suite.h"

#include <stdint.h>
#include <unistd.h>

#define SOMEBODY 1001
#define OTHER	 1002

START_TEST(a_user_may_have_two_thirds)
{
	ck_assert_uint_eq(share_of(1024, SOMEBODY), 682);
	ck_assert_uint_eq(share_of(24, SOMEBODY), 16);
	ck_assert_uint_eq(share_of(5, SOMEBODY), 3);
	ck_assert_uint_eq(share_of(4, SOMEBODY), 2);
	ck_assert_uint_eq(share_of(3, SOMEBODY), 2);
	ck_assert_uint_eq(share_of(SIZE_MAX, SOMEBODY), SIZE_MAX / 3 * 2);
}
END_TEST

START_TEST(but_one_at_least)
{
	ck_assert_uint_eq(share_of(2, SOMEBODY), 1);
	ck_assert_uint_eq(share_of(1, SOMEBODY), 1);
}
END_TEST

START_TEST(root_and_we_may_have_all)
{
	ck_assert_uint_eq(share_of(1024, 0), 1024);
	ck_assert_uint_eq(share_of(1024, geteuid()), 1024);
	ck_assert(share_is_all(0));
	ck_assert(share_is_all(geteuid()));
	ck_assert(!share_is_all(geteuid() + 1));
}
END_TEST

START_TEST(each_user_has_a_share)
{
	static struct share share = { .limit = 6 };

	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 4; i++)
			ck_assert(share_take(&share, SOMEBODY));
		ck_assert(!share_take(&share, SOMEBODY));
		ck_assert(share_take(&share, OTHER));
		share_give(&share, OTHER);
		for (int i = 0; i < 6; i++)
			ck_assert(share_take(&share, 0));

		share_give(&share, SOMEBODY);
		ck_assert(share_take(&share, SOMEBODY));
		ck_assert(!share_take(&share, SOMEBODY));
		for (int i = 0; i < 4; i++)
			share_give(&share, SOMEBODY);
		for (int i = 0; i < 6; i++)
			share_give(&share, 0);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("base/share");
	TCase *tcase = tcase_create("share");

	tcase_add_test(tcase, a_user_may_have_two_thirds);
	tcase_add_test(tcase, but_one_at_least);
	tcase_add_test(tcase, root_and_we_may_have_all);
	tcase_add_test(tcase, each_user_has_a_share);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
