/* SPDX-License-Identifier: MIT */
/*
 * What every Check program here ends with: one suite, run with a fork per test,
 * its result as an exit status.
 */
#pragma once

#include <check.h>
#include <stdlib.h>

static inline int suite_run(Suite *suite)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);

	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
