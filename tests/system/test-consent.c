/* SPDX-License-Identifier: MIT */
/*
 * A client lets the daemon reach into its memory where Yama's ptrace_scope
 * would not: watched here at the door, prctl(), since not every kernel has it.
 */
#include "daemon.h"

#include <evl/evl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static unsigned long ptracer;
static unsigned int nr_consents;

/* In front of the C library's, for libevlclient. */
__attribute__((visibility("default"))) int prctl(int option, ...)
{
	unsigned long args[4];
	va_list ap;

	va_start(ap, option);
	for (unsigned int i = 0; i < 4; i++)
		args[i] = va_arg(ap, unsigned long);
	va_end(ap);

	if (option == PR_SET_PTRACER) {
		ptracer = args[0];
		nr_consents++;
	}

	return (int)syscall(SYS_prctl, option, args[0], args[1], args[2],
			    args[3]);
}

START_TEST(connecting_is_consent)
{
	ck_assert_uint_eq(nr_consents, 0);
	ck_assert_int_eq(evl_init(), 0);
	ck_assert_uint_eq(nr_consents, 1);
	ck_assert_uint_eq(ptracer, (unsigned long)test_daemon.pid);
}
END_TEST

static int was_asked_again(void *arg)
{
	return nr_consents == 2 && ptracer == (unsigned long)test_daemon.pid
		       ? 0
		       : 1;
}

/* Yama's permission is that of one process. */
START_TEST(a_forked_child_consents_too)
{
	ck_assert_int_eq(evl_init(), 0);
	ck_assert_int_eq(child_wait(child_start(was_asked_again, NULL)), 0);
	ck_assert_uint_eq(nr_consents, 1);
}
END_TEST

static int was_not_asked(void *arg)
{
	return nr_consents ? 1 : 0;
}

START_TEST(a_child_of_nobodys_client_does_not)
{
	ck_assert_int_eq(child_wait(child_start(was_not_asked, NULL)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("system/consent");
	const TTest *tests[] = { connecting_is_consent,
				 a_forked_child_consents_too,
				 a_child_of_nobodys_client_does_not };

	for (unsigned int i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_checked_fixture(
			suite_add(suite, "consent", tests[i], 1), daemon_setup,
			daemon_teardown);

	return suite_run(suite);
}
