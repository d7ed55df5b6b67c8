/* SPDX-License-Identifier: MIT */
/* Lines of threads which must not wait for whoever reads them. */
#include "base/log.h"

#include "../helpers.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int reader; /* of what is said */
static unsigned int nr_wakes;

static void wake(void)
{
	nr_wakes++;
}

static void setup(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_NONBLOCK), 0);
	ck_assert_int_ge(dup2(ends[1], STDERR_FILENO), 0);
	reader = ends[0];
	log_init(LOG_LEVEL_INFO, wake);
}

static const char *read_all(void)
{
	static char text[1 << 20];
	ssize_t len = read(reader, text, sizeof(text) - 1);

	text[len > 0 ? len : 0] = '\0';

	return text;
}

static void fill(void)
{
	char bytes[4096] = { 0 };

	while (write(STDERR_FILENO, bytes, sizeof(bytes)) > 0)
		;
}

START_TEST(a_prompt_thread_prints_at_once)
{
	log_promptly_here();
	log_info("number %d", 1);
	log_debug("number %d", 2);
	ck_assert_str_eq(read_all(), "evl-cused: number 1\n");
	ck_assert_uint_eq(nr_wakes, 0);
}
END_TEST

/* A pipe which nobody reads would hold it up. */
START_TEST(it_defers_what_would_block)
{
	log_promptly_here();
	fill();
	log_warn("number %d", 1);
	ck_assert_uint_eq(nr_wakes, 1);
	read_all();
	ck_assert_str_eq(read_all(), "");
	log_flush();
	ck_assert_str_eq(read_all(), "evl-cused: warning: number 1\n");
}
END_TEST

START_TEST(a_deferring_thread_never_prints)
{
	log_defer_here();
	log_info("number %d", 1);
	log_info("number %d", 2);
	ck_assert_str_eq(read_all(), "");
	ck_assert_uint_eq(nr_wakes, 2);
	log_flush();
	ck_assert_str_eq(read_all(),
			 "evl-cused: number 1\nevl-cused: number 2\n");
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, 1), setup, NULL);
}

int main(void)
{
	Suite *suite = suite_create("base/log");

	add(suite, "prompt", a_prompt_thread_prints_at_once);
	add(suite, "full", it_defers_what_would_block);
	add(suite, "defer", a_deferring_thread_never_prints);

	return suite_run(suite);
}
