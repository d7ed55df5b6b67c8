/* SPDX-License-Identifier: MIT */
/* The watchdog's judgement, time being what the samples say. */
#include "watch/watchdog.h"

#include "../helpers.h"

#define MS    UINT64_C(1000000)
#define LIMIT (100 * MS)

static struct watchdog_eye eye;
static struct watchdog_sample now;

/* A worker that has been idle for long. */
static void setup(void)
{
	eye = (struct watchdog_eye){ .busy = false };
	now = (struct watchdog_sample){ .now_ns = 5000 * MS, .turn = 7 };
	ck_assert_int_eq(watchdog_look(&eye, &now, LIMIT), WATCHDOG_FINE);
}

/* @ms later, of which the worker had the CPU for @cpu_ms. */
static enum watchdog_verdict look_after(unsigned int ms, unsigned int cpu_ms)
{
	now.now_ns += ms * MS;
	now.cpu_ns += cpu_ms * MS;

	return watchdog_look(&eye, &now, LIMIT);
}

/* Something begins to run. */
static void begin(void)
{
	now.turn++;
	now.busy = true;
	now.state = 'R';
	ck_assert_int_eq(look_after(1, 1), WATCHDOG_FINE);
}

START_TEST(who_is_busy_for_longer_than_the_limit_is_barked_at_once)
{
	begin();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(look_after(25, 25), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(24, 24), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(1, 1), WATCHDOG_BARK);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(look_after(25, 25), WATCHDOG_FINE);
}
END_TEST

START_TEST(its_end_is_told_and_the_next_one_barked_at_again)
{
	for (int i = 0; i < 3; i++) {
		begin();
		ck_assert_int_eq(look_after(60, 60), WATCHDOG_FINE);
		ck_assert_int_eq(look_after(60, 60), WATCHDOG_BARK);
		/* The next turn has begun already, or none has. */
		now.turn++;
		now.busy = i % 2;
		ck_assert_int_eq(look_after(10, 10), WATCHDOG_OVER);
		ck_assert_int_eq(look_after(10, 10), WATCHDOG_FINE);
		now.busy = false;
	}
}
END_TEST

START_TEST(many_short_turns_are_fine)
{
	begin();
	for (int i = 0; i < 100; i++) {
		ck_assert_int_eq(look_after(90, 90), WATCHDOG_FINE);
		now.turn++;
	}
}
END_TEST

/* It spins for requests, or sleeps: its turn is long over. */
START_TEST(an_idle_worker_is_fine)
{
	begin();
	now.busy = false;
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(look_after(90, i % 2 ? 90 : 0), WATCHDOG_FINE);
}
END_TEST

START_TEST(who_is_kept_from_the_cpu_is_starved)
{
	begin();
	ck_assert_int_eq(look_after(60, 2), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(60, 2), WATCHDOG_STARVED);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(look_after(60, 2), WATCHDOG_FINE);
	now.turn++;
	ck_assert_int_eq(look_after(60, 2), WATCHDOG_FINE);
}
END_TEST

/* It takes its time all the same, whatever time that takes. */
START_TEST(the_starved_are_barked_at_for_what_they_had)
{
	begin();
	ck_assert_int_eq(look_after(60, 10), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(60, 10), WATCHDOG_STARVED);
	for (int i = 0; i < 7; i++)
		ck_assert_int_eq(look_after(60, 10), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(60, 10), WATCHDOG_BARK);
}
END_TEST

START_TEST(who_sleeps_in_the_kernel_is_barked_at)
{
	begin();
	now.state = _i ? 'D' : 'S';
	ck_assert_int_eq(look_after(60, 0), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(60, 0), WATCHDOG_BARK);
}
END_TEST

START_TEST(who_is_stopped_is_neither)
{
	begin();
	now.state = _i ? 't' : 'T';
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(look_after(60, 0), WATCHDOG_FINE);
}
END_TEST

/* The machine, the process, or the watching thread was held up. */
START_TEST(a_late_look_starts_again)
{
	begin();
	ck_assert_int_eq(look_after(3000, 0), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(60, 60), WATCHDOG_FINE);
	ck_assert_int_eq(look_after(60, 60), WATCHDOG_BARK);
}
END_TEST

START_TEST(looks_are_as_frequent_as_needed)
{
	ck_assert_uint_eq(watchdog_pause(&eye, LIMIT), LIMIT / 2);
	begin();
	ck_assert_uint_eq(watchdog_pause(&eye, LIMIT), LIMIT / 4);
	look_after(60, 60);
	look_after(60, 60);
	ck_assert_uint_eq(watchdog_pause(&eye, LIMIT), 10 * MS);
	ck_assert_uint_eq(watchdog_pause(&eye, MS), MS);
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *test, int nr)
{
	tcase_add_checked_fixture(suite_add(suite, name, test, nr), setup,
				  NULL);
}

int main(void)
{
	Suite *suite = suite_create("watch/watchdog");

	add(suite, "busy",
	    who_is_busy_for_longer_than_the_limit_is_barked_at_once, 1);
	add(suite, "over", its_end_is_told_and_the_next_one_barked_at_again, 1);
	add(suite, "turns", many_short_turns_are_fine, 1);
	add(suite, "idle", an_idle_worker_is_fine, 1);
	add(suite, "starved", who_is_kept_from_the_cpu_is_starved, 1);
	add(suite, "starved-busy", the_starved_are_barked_at_for_what_they_had,
	    1);
	add(suite, "asleep", who_sleeps_in_the_kernel_is_barked_at, 2);
	add(suite, "stopped", who_is_stopped_is_neither, 2);
	add(suite, "late", a_late_look_starts_again, 1);
	add(suite, "pause", looks_are_as_frequent_as_needed, 1);

	return suite_run(suite);
}
