/* SPDX-License-Identifier: MIT */
#include "stage/lead.h"
#include "suite.h"

#include <stdlib.h>

static uint32_t lead;

static void setup(void)
{
	lead = 0;
}

/* @count times in the same way. */
static void be_late(uint64_t late, unsigned int count)
{
	while (count--)
		lead = lead_after(lead, late);
}

START_TEST(it_is_what_the_kernel_is_always_late)
{
	be_late(15000, 2000);
	ck_assert_uint_gt(lead, 15000 - 15000 / 10);
	ck_assert_uint_lt(lead, 15000 + 15000 / 10);
}
END_TEST

START_TEST(it_is_small_where_the_kernel_is_quick)
{
	be_late(0, 1000);
	ck_assert_uint_lt(lead, 50);
	be_late(1000, 1000);
	ck_assert_uint_lt(lead, 1100);
}
END_TEST

START_TEST(it_has_an_end)
{
	be_late(UINT64_MAX, 10000);
	ck_assert_uint_eq(lead, LEAD_MAX_NS);
}
END_TEST

START_TEST(it_is_soon_down)
{
	be_late(UINT64_MAX, 10000);
	be_late(2000, 120);
	ck_assert_uint_lt(lead, 2200);
}
END_TEST

/* From 10 to 19 us, each as often as any other. */
START_TEST(few_wakeups_are_early)
{
	unsigned int nr_early = 0;
	uint64_t late;

	srandom(1);
	be_late(10000, 2000);
	for (int i = 0; i < 9000; i++) {
		late = 10000 + 1000 * (uint64_t)(random() % 10);
		nr_early += late < lead;
		be_late(late, 1);
	}
	ck_assert_uint_gt(nr_early, 500);
	ck_assert_uint_lt(nr_early, 1500);
	ck_assert_uint_gt(lead, 9500);
	ck_assert_uint_lt(lead, 12500);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stage/lead");
	TCase *tcase = tcase_create("lead");

	tcase_add_checked_fixture(tcase, setup, NULL);
	tcase_add_test(tcase, it_is_what_the_kernel_is_always_late);
	tcase_add_test(tcase, it_is_small_where_the_kernel_is_quick);
	tcase_add_test(tcase, it_has_an_end);
	tcase_add_test(tcase, it_is_soon_down);
	tcase_add_test(tcase, few_wakeups_are_early);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
