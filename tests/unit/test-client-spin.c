/* SPDX-License-Identifier: MIT */
/*
 * How long the client library spins for an answer.
 */
#include <check.h>
#include <wire/channel.h>
#include "../helpers.h"
#include "spin.h"

#define CAP	   50000
#define OTHER_CPU  1
#define WORKER_CPU 0
#define KEY	   7

static struct spin spin;

static uint64_t window_of(uint32_t key, int cpu, bool asleep)
{
	struct spin_try try;

	spin_begin(&spin, &try, key, cpu, asleep);

	return try.window_ns;
}

static void learn(uint32_t key, uint64_t took_ns, bool slept)
{
	struct spin_try try;

	spin_begin(&spin, &try, key, OTHER_CPU, false);
	spin_learn(&spin, &try, took_ns, slept ? 0 : took_ns, slept);
}

static void init(uint32_t mode)
{
	spin_init(&spin, mode, CAP, WORKER_CPU, false, SPIN_FOREVER);
}

START_TEST(nobody_spins_where_it_is_off)
{
	init(CHANNEL_SPIN_NEVER);
	ck_assert_uint_eq(window_of(KEY, OTHER_CPU, false), 0);
}
END_TEST

START_TEST(nobody_spins_on_the_workers_cpu)
{
	init((uint32_t)_i);
	ck_assert_uint_eq(window_of(KEY, WORKER_CPU, false), 0);
	ck_assert_uint_gt(window_of(KEY, OTHER_CPU, false), 0);
}
END_TEST

START_TEST(nobody_spins_where_there_is_one_cpu)
{
	spin_init(&spin, (uint32_t)_i, CAP, -1, true, SPIN_FOREVER);
	ck_assert_uint_eq(window_of(KEY, OTHER_CPU, false), 0);
}
END_TEST

/* But not longer than the cap: a signal ends only calls which sleep. */
START_TEST(always_means_in_vain_as_well)
{
	init(CHANNEL_SPIN_ALWAYS);
	for (int i = 0; i < 10; i++)
		learn(KEY, 1000000000, true);
	ck_assert_uint_eq(window_of(KEY, OTHER_CPU, false), CAP);
}
END_TEST

START_TEST(the_window_follows_the_replies)
{
	uint64_t window;

	init(CHANNEL_SPIN_ADAPTIVE);
	for (int i = 0; i < 100; i++)
		learn(KEY, 300, false);
	window = window_of(KEY, OTHER_CPU, false);
	ck_assert_uint_ge(window, 600);
	ck_assert_uint_le(window, 5000);

	for (int i = 0; i < 100; i++)
		learn(KEY, 20000, true);
	window = window_of(KEY, OTHER_CPU, false);
	ck_assert_uint_ge(window, 20000);
	ck_assert_uint_le(window, CAP);
}
END_TEST

START_TEST(slow_calls_are_not_spun_for_but_tried_again)
{
	unsigned int spun = 0;

	init(CHANNEL_SPIN_ADAPTIVE);
	for (int i = 0; i < 50; i++)
		learn(KEY, 1000000, true);
	for (unsigned int i = 0; i < 10 * SPIN_PROBE_CALLS; i++)
		if (window_of(KEY, OTHER_CPU, false))
			spun++;
	ck_assert_uint_eq(spun, 10);
}
END_TEST

START_TEST(a_try_which_wins_counts_more_than_the_failures_before)
{
	struct spin_try try;

	init(CHANNEL_SPIN_ADAPTIVE);
	for (int i = 0; i < 50; i++)
		learn(KEY, 1000000, true);
	do {
		spin_begin(&spin, &try, KEY, OTHER_CPU, false);
	} while (try.window_ns == 0);
	spin_won_briefly(&spin, &try);
	ck_assert_uint_gt(window_of(KEY, OTHER_CPU, false), 0);
}
END_TEST

START_TEST(kinds_of_calls_are_told_apart)
{
	init(CHANNEL_SPIN_ADAPTIVE);
	for (int i = 0; i < 50; i++) {
		learn(KEY, 1000000, true);
		learn(KEY + 1, 300, false);
	}
	ck_assert_uint_eq(window_of(KEY, OTHER_CPU, false), 0);
	ck_assert_uint_gt(window_of(KEY + 1, OTHER_CPU, false), 0);
	/* A sleeping worker is a kind of its own. */
	ck_assert_uint_gt(window_of(KEY, OTHER_CPU, true), 0);
}
END_TEST

/* RLIMIT_RTTIME counts from one sleep to the next. */
START_TEST(the_budget_is_spent_between_two_sleeps)
{
	uint64_t spent = 0, window;

	spin_init(&spin, (uint32_t)_i, CAP, WORKER_CPU, false, 400000);
	while ((window = window_of(KEY, OTHER_CPU, false)) > 0) {
		ck_assert_uint_le(spent + window, 100000);
		spent += window;
		learn(KEY, window, false);
	}
	ck_assert_uint_eq(spent, 100000);
	ck_assert_uint_eq(window_of(KEY, OTHER_CPU, false), 0);

	learn(KEY, 10000, true);
	ck_assert_uint_gt(window_of(KEY, OTHER_CPU, false), 0);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int first,
		int end)
{
	TCase *tcase = tcase_create(name);

	tcase_add_loop_test(tcase, test, first, end);
	suite_add_tcase(suite, tcase);
}

int main(void)
{
	const int adaptive = CHANNEL_SPIN_ADAPTIVE;
	const int end = CHANNEL_SPIN_ALWAYS + 1;
	Suite *suite = suite_create("client/spin");

	add(suite, "never", nobody_spins_where_it_is_off, 0, 1);
	add(suite, "same-cpu", nobody_spins_on_the_workers_cpu, adaptive, end);
	add(suite, "one-cpu", nobody_spins_where_there_is_one_cpu, adaptive,
	    end);
	add(suite, "always", always_means_in_vain_as_well, 0, 1);
	add(suite, "window", the_window_follows_the_replies, 0, 1);
	add(suite, "slow", slow_calls_are_not_spun_for_but_tried_again, 0, 1);
	add(suite, "probe",
	    a_try_which_wins_counts_more_than_the_failures_before, 0, 1);
	add(suite, "kinds", kinds_of_calls_are_told_apart, 0, 1);
	add(suite, "rttime", the_budget_is_spent_between_two_sleeps, adaptive,
	    end);

	return suite_run(suite);
}
