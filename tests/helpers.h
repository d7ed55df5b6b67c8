/* SPDX-License-Identifier: MIT */
/*
 * Check programs here are one suite, run with a fork per test, its result as an
 * exit status.
 */
#pragma once

#include <check.h>
#include <errno.h>
#include <stdlib.h>

/* @call returns -1, with that in errno. */
#define ck_assert_fails(call, error)              \
	do {                                      \
		errno = 0;                        \
		ck_assert_int_eq((call), -1);     \
		ck_assert_int_eq(errno, (error)); \
	} while (0)

/* A case for @test alone, which runs for _i from 0 up to, but without, @nr. */
static inline TCase *suite_add(Suite *suite, const char *name,
			       const TTest *test, int nr)
{
	TCase *tcase = tcase_create(name);

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test, 0, nr);
	suite_add_tcase(suite, tcase);

	return tcase;
}

struct suite_test {
	const char *name;
	const TTest *test;
	int nr;
};

/* A case for each of @tests, up to one without a name; checked fixtures. */
static inline void suite_add_all(Suite *suite, const struct suite_test *tests,
				 SFun setup, SFun teardown)
{
	for (; tests->name; tests++)
		tcase_add_checked_fixture(
			suite_add(suite, tests->name, tests->test, tests->nr),
			setup, teardown);
}

static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);

	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
