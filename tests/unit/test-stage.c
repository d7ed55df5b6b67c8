/* SPDX-License-Identifier: MIT */
/* The scheduler of fibers, and the door into a stage. */
#include "stage/call.h"
#include "stage/clock.h"
#include "stage/wait.h"
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

static char order[64];

static void note(void *arg)
{
	strcat(order, arg);
}

static void note_twice(void *arg)
{
	strcat(order, arg);
	fiber_yield();
	strcat(order, arg);
}

START_TEST(highest_priority_runs_first_and_equals_in_order)
{
	order[0] = '\0';
	test_fiber(note, "a", 10);
	test_fiber(note, "b", 99);
	test_fiber(note, "c", 10);
	test_fiber(note, "d", 0);
	test_fiber(note, "e", 64);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "beacd");
	ck_assert_uint_eq(test_stage.nr_fibers, 0);
}
END_TEST

START_TEST(yield_lets_equals_run_and_not_lesser_ones)
{
	order[0] = '\0';
	test_fiber(note_twice, "a", 5);
	test_fiber(note_twice, "b", 5);
	test_fiber(note, "c", 4);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "ababc");
}
END_TEST

START_TEST(a_fiber_can_be_started_again_after_it_returned)
{
	struct fiber *fiber = test_fiber(note, "a", 1);

	order[0] = '\0';
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(fiber->state, FIBER_IDLE);
	for (int i = 0; i < 10; i++) {
		fiber_start(fiber, note, "b", 2);
		stage_run_until_idle(&test_stage);
	}
	ck_assert_str_eq(order, "abbbbbbbbbb");
}
END_TEST

static void spawn_higher(void *arg)
{
	fiber_start(arg, note, "h", 50);
	strcat(order, "l");
}

START_TEST(a_running_fiber_is_not_preempted)
{
	struct fiber *high = test_fiber(note, "x", 1);

	stage_run_until_idle(&test_stage);
	order[0] = '\0';
	test_fiber(spawn_higher, high, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_str_eq(order, "lh");
}
END_TEST

struct posted {
	struct stage_item item;
	int number;
};

static int last_number;

static void take_posted(struct stage_item *item)
{
	struct posted *posted = container_of(item, struct posted, item);

	ck_assert_ptr_eq(stage_self, &test_stage);
	ck_assert_int_eq(posted->number, last_number + 1);
	last_number = posted->number;
}

static void *post_many(void *arg)
{
	static struct posted many[10000];

	for (int i = 0; i < 10000; i++) {
		many[i].item.func = take_posted;
		many[i].number = i + 1;
		stage_post(&test_stage, &many[i].item);
	}

	return NULL;
}

START_TEST(what_another_thread_posts_arrives_once_and_in_order)
{
	pthread_t thread;

	last_number = 0;
	pthread_create(&thread, NULL, post_many, NULL);
	while (last_number < 10000)
		stage_run_until_idle(&test_stage);
	pthread_join(thread, NULL);
	ck_assert_int_eq(last_number, 10000);
}
END_TEST

static _Atomic(int) nr_kicks;

static void count_kick(struct stage *stage)
{
	atomic_fetch_add(&nr_kicks, 1);
}

static void ignore_item(struct stage_item *item)
{
	(void)item;
}

static void *post_three(void *arg)
{
	static struct stage_item items[3];

	for (int i = 0; i < 3; i++) {
		items[i].func = ignore_item;
		stage_post(&test_stage, &items[i]);
	}

	return NULL;
}

START_TEST(only_a_post_to_an_empty_inbox_kicks)
{
	pthread_t thread;

	nr_kicks = 0;
	test_stage.kick = count_kick;
	pthread_create(&thread, NULL, post_three, NULL);
	pthread_join(thread, NULL);
	ck_assert_int_eq(nr_kicks, 1);
	ck_assert(stage_run_inbox(&test_stage));
	ck_assert(!stage_run_inbox(&test_stage));
}
END_TEST

static void timer_noted(struct stage_timer *timer)
{
	char name[2] = { (char)timer->date, '\0' };

	strcat(order, name);
}

START_TEST(timers_fire_by_date_and_equals_in_order_of_arming)
{
	struct stage_timer timers[6] = { 0 };
	static const char dates[] = "cabbdz";
	struct timer_base base;

	timer_base_init(&base);
	order[0] = '\0';
	for (int i = 0; i < 6; i++) {
		timers[i].fire = timer_noted;
		timer_arm(&base, &timers[i], (uint64_t)dates[i]);
	}
	ck_assert_uint_eq(base.next_date, 'a');
	timer_disarm(&base, &timers[4]);
	ck_assert_uint_eq(timer_run(&base, 'y'), 4);
	ck_assert_str_eq(order, "abbc");
	ck_assert_uint_eq(base.next_date, 'z');
	timer_arm(&base, &timers[5], 'e');
	ck_assert_uint_eq(timer_run(&base, 'e'), 1);
	ck_assert_uint_eq(base.next_date, UINT64_MAX);
}
END_TEST

static uint32_t turns[4];
static unsigned int nr_turns;

static void look_and_yield(void *arg)
{
	for (int i = 0; i < 2; i++) {
		ck_assert(stage_look(&test_stage, &turns[nr_turns++]));
		fiber_yield();
	}
}

/* That is what tells one from the other, to who looks from outside. */
START_TEST(each_time_something_runs_is_another_turn)
{
	struct stage_call call = {
		.what = "function",
		.func = (const void *)look_and_yield,
	};
	uint32_t turn;

	nr_turns = 0;
	ck_assert(!stage_look(&test_stage, &turn));
	test_fiber(look_and_yield, NULL, 1);
	test_fiber(look_and_yield, NULL, 1);
	stage_run_until_idle(&test_stage);
	ck_assert(!stage_look(&test_stage, &turn));
	ck_assert_uint_eq(nr_turns, 4);
	for (int i = 0; i < 3; i++)
		ck_assert_uint_eq(turns[i] + 1, turns[i + 1]);

	stage_call_begin(&call);
	ck_assert(stage_look(&test_stage, &turns[0]));
	ck_assert_uint_gt(turns[0], turns[3]);
	stage_call_end(&call);
	ck_assert(!stage_look(&test_stage, &turn));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stage/stage");
	TCase *sched = tcase_create("scheduler");
	TCase *timer = tcase_create("timer");

	tcase_add_checked_fixture(sched, test_stage_setup, test_stage_teardown);
	tcase_add_test(sched, highest_priority_runs_first_and_equals_in_order);
	tcase_add_test(sched, yield_lets_equals_run_and_not_lesser_ones);
	tcase_add_test(sched, a_fiber_can_be_started_again_after_it_returned);
	tcase_add_test(sched, a_running_fiber_is_not_preempted);
	tcase_add_test(sched,
		       what_another_thread_posts_arrives_once_and_in_order);
	tcase_add_test(sched, only_a_post_to_an_empty_inbox_kicks);
	tcase_add_test(sched, each_time_something_runs_is_another_turn);
	suite_add_tcase(suite, sched);
	tcase_add_test(timer,
		       timers_fire_by_date_and_equals_in_order_of_arming);
	suite_add_tcase(suite, timer);

	return suite_run(suite);
}
