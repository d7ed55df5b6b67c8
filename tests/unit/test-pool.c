/* SPDX-License-Identifier: MIT */
/* Blocks for out-of-band code: taken from what is there, made in-band. */
#include "core/pool.h"
#include "stage/inband.h"
#include "suite.h"

#include <errno.h>

#define MAX	999
#define PENDING 1

static struct pool pool;

struct taker {
	uid_t uid;
	unsigned int count;
	struct list_head list;
	int ret;
	struct fiber *fiber;
};

static void no_kick(struct stage *stage)
{
	(void)stage;
}

static void setup(void)
{
	test_stage_setup();
	stage_init(&inband_stage, "in-band", false, no_kick);
	ck_assert_int_eq(pool_init(&pool, 40, MAX), 0);
}

static void teardown(void)
{
	pool_deinit(&pool);
	test_stage_teardown();
}

static void take(void *arg)
{
	struct taker *taker = arg;

	taker->ret = pool_take(&pool, taker->uid, taker->count, &taker->list);
}

/* As far as it goes without the in-band stage. */
static void start_user(struct taker *taker, uid_t uid, unsigned int count)
{
	*taker = (struct taker){ .uid = uid, .count = count, .ret = PENDING };
	INIT_LIST_HEAD(&taker->list);
	taker->fiber = test_fiber(take, taker, 1);
	stage_run_until_idle(&test_stage);
}

/* Root. */
static void start(struct taker *taker, unsigned int count)
{
	start_user(taker, 0, count);
}

static void refill(void)
{
	stage_run_inbox(&inband_stage);
	stage_run_until_idle(&test_stage);
}

static unsigned int length(const struct taker *taker)
{
	const struct list_head *pos;
	unsigned int count = 0;

	list_for_each(pos, &taker->list)
		count++;

	return count;
}

START_TEST(what_is_there_is_had_at_once)
{
	struct taker taker;

	start(&taker, 100);
	ck_assert_int_eq(taker.ret, 0);
	ck_assert_uint_eq(length(&taker), 100);
	pool_give(&pool, 0, 100, &taker.list);
	ck_assert(list_empty(&taker.list));
}
END_TEST

START_TEST(few_left_are_made_more_before_they_are_missed)
{
	struct taker taker;

	start(&taker, 200);
	refill();
	start(&taker, 250);
	ck_assert_int_eq(taker.ret, 0);
}
END_TEST

START_TEST(who_needs_more_waits_for_it)
{
	struct taker first, second;

	start(&first, 600);
	start(&second, 399);
	ck_assert_int_eq(first.ret, PENDING);
	refill();
	ck_assert_int_eq(first.ret, 0);
	ck_assert_int_eq(second.ret, 0);
	ck_assert_uint_eq(length(&first), 600);
	ck_assert_uint_eq(length(&second), 399);
	ck_assert_uint_eq(pool.nr_blocks, MAX);
}
END_TEST

START_TEST(there_is_a_limit)
{
	struct taker first, second;

	start(&first, MAX + 1);
	ck_assert_int_eq(first.ret, -ENOMEM);
	start(&first, MAX);
	refill();
	ck_assert_int_eq(first.ret, 0);
	start(&second, 1);
	ck_assert_int_eq(second.ret, -ENOMEM);
	pool_give(&pool, 0, MAX, &first.list);
	start(&second, 1);
	ck_assert_int_eq(second.ret, 0);
}
END_TEST

START_TEST(one_user_has_two_thirds)
{
	struct taker first, second, other;

	start_user(&first, 12345, MAX / 3 * 2);
	refill();
	ck_assert_int_eq(first.ret, 0);
	start_user(&second, 12345, 1);
	ck_assert_int_eq(second.ret, -EDQUOT);
	start_user(&other, 12346, MAX / 3);
	refill();
	ck_assert_int_eq(other.ret, 0);
	pool_give(&pool, 12345, MAX / 3 * 2, &first.list);
	start_user(&second, 12345, MAX / 3 * 2);
	ck_assert_int_eq(second.ret, 0);
	/* What could not be had is not counted. */
	start_user(&first, 12346, MAX / 3);
	ck_assert_int_eq(first.ret, -ENOMEM);
	pool_give(&pool, 12345, MAX / 3 * 2, &second.list);
	start_user(&first, 12346, MAX / 3);
	ck_assert_int_eq(first.ret, 0);
}
END_TEST

START_TEST(two_who_want_most_of_it_do_not_wait_for_each_other)
{
	struct taker first, second;

	start(&first, 600);
	start(&second, 600);
	refill();
	ck_assert_int_eq(first.ret, 0);
	ck_assert_int_eq(second.ret, -ENOMEM);
	ck_assert(list_empty(&second.list));
}
END_TEST

START_TEST(a_broken_wait_takes_nothing)
{
	struct taker taker;

	start(&taker, 600);
	fiber_break(taker.fiber);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(taker.ret, -EINTR);
	ck_assert(list_empty(&taker.list));
	refill();
	start(&taker, MAX);
	refill();
	ck_assert_int_eq(taker.ret, 0);
}
END_TEST

START_TEST(a_refill_that_comes_after_the_end_does_nothing)
{
	struct taker taker;

	start(&taker, 200);
	pool_deinit(&pool);
	refill();
	ck_assert_uint_eq(pool.nr_blocks, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/pool");
	TCase *tcase = tcase_create("pool");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, what_is_there_is_had_at_once);
	tcase_add_test(tcase, few_left_are_made_more_before_they_are_missed);
	tcase_add_test(tcase, who_needs_more_waits_for_it);
	tcase_add_test(tcase, there_is_a_limit);
	tcase_add_test(tcase, one_user_has_two_thirds);
	tcase_add_test(tcase,
		       two_who_want_most_of_it_do_not_wait_for_each_other);
	tcase_add_test(tcase, a_broken_wait_takes_nothing);
	tcase_add_test(tcase, a_refill_that_comes_after_the_end_does_nothing);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
