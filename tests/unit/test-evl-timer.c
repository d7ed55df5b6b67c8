/* SPDX-License-Identifier: MIT */
/* Timers, on a worker stepped by hand and on one that runs by itself. */
#include "core/rq.h"
#include "core/timer.h"
#include "stage/clock.h"
#include "stage/oob.h"
#include "suite.h"

#include <evl/init.h>
#include <evl/timer.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>

/* A clock which says what the test wants. It stands still while the system's
 * goes on, so its units are long. */
#define UNIT ((ktime_t)NS_PER_SEC)

static ktime_t now;

static ktime_t read_now(struct evl_clock *clock)
{
	return now;
}

static struct evl_clock test_clock = {
	.name = "test",
	.ops = { .read = read_now },
};

static struct evl_timer timer, others[3];
static unsigned int nr_shots;
static struct evl_timer *shots[16];

static void note_shot(struct evl_timer *who)
{
	ck_assert(evl_in_irq());
	shots[nr_shots++ % 16] = who;
}

/* The test's stage is a worker's. */
static void setup(void)
{
	test_stage_setup();
	ck_assert_int_eq(rq_add(&test_stage, 3), 0);
	nr_shots = 0;
	now = 1000 * UNIT;
	evl_init_timer(&timer, &test_clock, note_shot);
}

static void teardown(void)
{
	evl_destroy_timer(&timer);
	for (int i = 0; i < 3; i++)
		if (others[i].handler)
			evl_destroy_timer(&others[i]);
	stage_run_until_idle(&test_stage);
	test_stage_teardown();
	rq_remove_all();
}

/* It is @date for the test's clock: whoever goes by it is looked at. */
static void pass_time(ktime_t date)
{
	now = date * UNIT;
	timers_clock_set();
	stage_run_until_idle(&test_stage);
}

/* Really. */
static void await_shots(unsigned int count)
{
	while (nr_shots < count)
		stage_run_until_idle(&test_stage);
}

START_TEST(a_single_shot_comes_once_at_its_date)
{
	evl_start_timer(&timer, 2000 * UNIT, EVL_INFINITE);
	ck_assert(evl_timer_is_running(&timer));
	ck_assert(!evl_timer_is_periodic(&timer));
	ck_assert_int_eq(evl_get_timer_date(&timer), 2000 * UNIT);
	ck_assert_int_eq(evl_get_timer_delta(&timer), 1000 * UNIT);
	pass_time(1999);
	ck_assert_uint_eq(nr_shots, 0);
	pass_time(2000);
	ck_assert_uint_eq(nr_shots, 1);
	ck_assert_ptr_eq(shots[0], &timer);
	pass_time(9000);
	ck_assert_uint_eq(nr_shots, 1);

	/* Due, until somebody stops it. */
	ck_assert(evl_timer_is_running(&timer));
	ck_assert_int_eq(evl_get_timer_delta(&timer), 1);
	evl_stop_timer(&timer);
	ck_assert(!evl_timer_is_running(&timer));
	ck_assert_int_eq(evl_get_timer_date(&timer), 0);
	ck_assert_int_eq(evl_get_timer_delta(&timer), 0);
}
END_TEST

START_TEST(a_date_that_has_passed_is_now)
{
	evl_start_timer(&timer, 1, EVL_INFINITE);
	stage_run_until_idle(&test_stage);
	ck_assert_uint_eq(nr_shots, 1);
}
END_TEST

START_TEST(a_periodic_one_comes_again_on_its_grid)
{
	evl_start_timer(&timer, 2000 * UNIT, 100 * UNIT);
	ck_assert(evl_timer_is_periodic(&timer));
	for (unsigned int i = 0; i < 5; i++) {
		pass_time(2000 + 100 * (ktime_t)i);
		ck_assert_uint_eq(nr_shots, i + 1);
		ck_assert_int_eq(evl_get_timer_date(&timer),
				 (2100 + 100 * (ktime_t)i) * UNIT);
	}
	ck_assert_uint_eq(evl_get_timer_overruns(&timer), 0);
}
END_TEST

START_TEST(dates_that_were_missed_are_counted_and_left_out)
{
	evl_start_timer(&timer, 2000 * UNIT, 100 * UNIT);
	pass_time(2350);
	ck_assert_uint_eq(nr_shots, 1);
	ck_assert_uint_eq(evl_get_timer_overruns(&timer), 3);
	ck_assert_uint_eq(evl_get_timer_overruns(&timer), 0);
	ck_assert_int_eq(evl_get_timer_date(&timer), 2400 * UNIT);
	pass_time(2400);
	ck_assert_uint_eq(nr_shots, 2);
	ck_assert_uint_eq(evl_get_timer_overruns(&timer), 0);
}
END_TEST

START_TEST(one_that_is_stopped_does_not_come)
{
	evl_start_timer(&timer, 2000 * UNIT, 100 * UNIT);
	pass_time(1600);
	evl_stop_timer(&timer);
	ck_assert_int_eq(evl_get_stopped_timer_delta(&timer), 400 * UNIT);
	evl_stop_timer(&timer);
	pass_time(3000);
	ck_assert_uint_eq(nr_shots, 0);
}
END_TEST

START_TEST(one_that_is_started_again_has_its_new_date)
{
	evl_start_timer(&timer, 2000 * UNIT, 100 * UNIT);
	evl_start_timer(&timer, 3000 * UNIT, EVL_INFINITE);
	pass_time(2500);
	ck_assert_uint_eq(nr_shots, 0);
	pass_time(3000);
	ck_assert_uint_eq(nr_shots, 1);
	ck_assert(!evl_timer_is_periodic(&timer));
}
END_TEST

static void stop_self(struct evl_timer *who)
{
	note_shot(who);
	evl_stop_timer(who);
}

START_TEST(a_function_may_stop_its_own_timer)
{
	evl_init_timer(&timer, &test_clock, stop_self);
	evl_start_timer(&timer, 2000 * UNIT, 100 * UNIT);
	pass_time(2000);
	pass_time(5000);
	ck_assert_uint_eq(nr_shots, 1);
}
END_TEST

static void start_other(struct evl_timer *who)
{
	note_shot(who);
	evl_start_timer(&others[0], now, EVL_INFINITE);
}

START_TEST(a_function_may_start_another_timer)
{
	evl_init_timer(&timer, &test_clock, start_other);
	evl_init_timer(&others[0], &test_clock, note_shot);
	evl_start_timer(&timer, 2000 * UNIT, EVL_INFINITE);
	pass_time(2000);
	ck_assert_uint_eq(nr_shots, 2);
	ck_assert_ptr_eq(shots[1], &others[0]);
}
END_TEST

START_TEST(the_earliest_comes_first_and_equals_in_order)
{
	for (int i = 0; i < 3; i++)
		evl_init_timer(&others[i], note_shot);
	evl_start_timer(&others[0], 300, EVL_INFINITE);
	evl_start_timer(&others[1], 200, EVL_INFINITE);
	evl_start_timer(&others[2], 200, EVL_INFINITE);
	stage_run_until_idle(&test_stage);
	ck_assert_uint_eq(nr_shots, 3);
	ck_assert_ptr_eq(shots[0], &others[1]);
	ck_assert_ptr_eq(shots[1], &others[2]);
	ck_assert_ptr_eq(shots[2], &others[0]);
}
END_TEST

START_TEST(gravity_makes_a_shot_come_early)
{
	const struct evl_clock_gravity gravity = {
		.irq = 10 * UNIT,
		.kernel = 20 * UNIT,
		.user = 300 * UNIT,
	};
	const int flags[] = { EVL_TIMER_IGRAVITY, EVL_TIMER_KGRAVITY,
			      EVL_TIMER_UGRAVITY };
	const ktime_t early[] = { 10, 20, 300 };

	test_clock.gravity = gravity;
	for (int i = 0; i < 3; i++) {
		now = 1000 * UNIT;
		nr_shots = 0;
		evl_init_timer_on_rq(&others[0], &test_clock, note_shot,
				     evl_cpu_rq(3), flags[i]);
		evl_start_timer(&others[0], 2000 * UNIT, EVL_INFINITE);
		pass_time(2000 - early[i] - 1);
		ck_assert_uint_eq(nr_shots, 0);
		pass_time(2000 - early[i]);
		ck_assert_uint_eq(nr_shots, 1);
	}
	test_clock.gravity = (struct evl_clock_gravity){ .irq = 0 };
}
END_TEST

START_TEST(gravity_may_be_chosen_later)
{
	test_clock.gravity.user = 300 * UNIT;
	evl_set_timer_gravity(&timer, EVL_TIMER_UGRAVITY);
	evl_start_timer(&timer, 2000 * UNIT, EVL_INFINITE);
	pass_time(1699);
	ck_assert_uint_eq(nr_shots, 0);
	pass_time(1700);
	ck_assert_uint_eq(nr_shots, 1);

	evl_stop_timer(&timer);
	evl_set_timer_gravity(&timer, EVL_TIMER_IGRAVITY);
	evl_start_timer(&timer, 3000 * UNIT, EVL_INFINITE);
	pass_time(2999);
	ck_assert_uint_eq(nr_shots, 1);
	pass_time(3000);
	ck_assert_uint_eq(nr_shots, 2);
	test_clock.gravity.user = 0;
}
END_TEST

START_TEST(a_clock_that_is_set_back_puts_shots_off)
{
	evl_start_timer(&timer, 2000 * UNIT, EVL_INFINITE);
	now = 2000 * UNIT;
	timers_clock_set();
	now = 1500 * UNIT;
	stage_run_until_idle(&test_stage);
	ck_assert_uint_eq(nr_shots, 0);
	pass_time(2000);
	ck_assert_uint_eq(nr_shots, 1);
}
END_TEST

START_TEST(monotonic_timers_go_by_themselves)
{
	evl_init_timer(&others[0], note_shot);
	evl_start_timer(&others[0], evl_abs_timeout(&others[0], 1000000),
			1000000);
	await_shots(3);
	evl_stop_timer(&others[0]);
}
END_TEST

START_TEST(every_form_of_init_is_known)
{
	evl_init_timer(&others[0], note_shot);
	ck_assert_ptr_eq(others[0].clock, &evl_mono_clock);
	evl_init_timer(&others[0], &evl_realtime_clock, note_shot);
	ck_assert_ptr_eq(others[0].clock, &evl_realtime_clock);
	evl_init_timer(&others[0], &test_clock, note_shot, NULL,
		       EVL_TIMER_UGRAVITY);
	ck_assert_ptr_eq(others[0].clock, &test_clock);
	evl_init_core_timer(&others[0], note_shot);
	evl_init_timer_on_cpu(&others[0], 3, note_shot);
	ck_assert_ptr_eq(others[0].rq, evl_cpu_rq(3));
	evl_init_timer_on_cpu(&others[0], 3, &test_clock, note_shot);
	ck_assert_ptr_eq(others[0].clock, &test_clock);
	/* No worker there: the first one. */
	evl_init_timer_on_cpu(&others[0], 63, note_shot);
	ck_assert_ptr_eq(others[0].rq, evl_cpu_rq(3));
	evl_set_timer_name(&others[0], "some");
	ck_assert_str_eq(others[0].name, "some");
	evl_set_timer_gravity(&others[0], EVL_TIMER_KGRAVITY);
	ck_assert(is_evl_cpu(3));
	ck_assert(!is_evl_cpu(63));
	ck_assert(cpumask_test_cpu(3, &evl_oob_cpus));
	ck_assert_uint_eq(cpumask_weight(&evl_oob_cpus), 1);
	ck_assert_ptr_null(evl_cpu_rq(63));
}
END_TEST

START_TEST(a_timer_that_was_never_prepared_can_be_destroyed)
{
	struct evl_timer zero;

	memset(&zero, 0, sizeof(zero));
	evl_destroy_timer(&zero);
}
END_TEST

/* A real worker. */

static sem_t inside;
static _Atomic(bool) leave, left;

static void setup_worker(void)
{
	const struct oob_config config = { .nr_cpus = 0 };

	ck_assert_int_eq(oob_start(&config), 0);
	ck_assert_int_eq(rq_add(oob_worker_stage(oob_worker(0)), 0), 0);
	sem_init(&inside, 0, 0);
	leave = left = false;
}

static void teardown_worker(void)
{
	oob_stop();
	rq_remove_all();
	oob_free();
}

static void stay_inside(struct evl_timer *who)
{
	sem_post(&inside);
	while (!leave)
		;
	left = true;
}

static void *stop_it(void *arg)
{
	evl_stop_timer(&timer);
	/* Not before the function has ended. */
	return left ? NULL : "still inside";
}

START_TEST(who_stops_a_timer_waits_for_its_function)
{
	pthread_t thread;
	void *what;

	evl_init_timer(&timer, stay_inside);
	evl_start_timer(&timer, 1, EVL_INFINITE);
	while (sem_wait(&inside))
		;
	pthread_create(&thread, NULL, stop_it, NULL);
	/* It is stopped before the stopper waits. */
	while (evl_timer_is_running(&timer))
		;
	leave = true;
	pthread_join(thread, &what);
	ck_assert_msg(what == NULL, "%s", (char *)what);
}
END_TEST

START_TEST(who_holds_a_lock_does_not_wait)
{
	struct pi_mutex lock = { 0 };

	evl_init_timer(&timer, stay_inside);
	evl_start_timer(&timer, 1, EVL_INFINITE);
	while (sem_wait(&inside))
		;
	pi_lock(&lock);
	evl_stop_timer(&timer);
	ck_assert(!left);
	pi_unlock(&lock);
	leave = true;
	evl_start_timer(&timer, 1, EVL_INFINITE);
	evl_destroy_timer(&timer);
}
END_TEST

static _Atomic(unsigned int) nr_ticks;

static void tick(struct evl_timer *who)
{
	nr_ticks++;
}

START_TEST(timers_are_started_and_stopped_from_elsewhere)
{
	unsigned int seen;

	evl_init_timer(&timer, tick);
	for (int i = 0; i < 200; i++) {
		seen = nr_ticks;
		evl_start_timer(&timer, evl_abs_timeout(&timer, 20000), 20000);
		while (nr_ticks < seen + 3)
			;
		evl_stop_timer(&timer);
		seen = nr_ticks;
		ck_assert(!evl_timer_is_running(&timer));
		ck_assert_uint_eq(nr_ticks, seen);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/timer");
	TCase *stepped = tcase_create("stepped");
	TCase *alone = tcase_create("by itself");

	tcase_add_checked_fixture(stepped, setup, teardown);
	tcase_add_test(stepped, a_single_shot_comes_once_at_its_date);
	tcase_add_test(stepped, a_date_that_has_passed_is_now);
	tcase_add_test(stepped, a_periodic_one_comes_again_on_its_grid);
	tcase_add_test(stepped,
		       dates_that_were_missed_are_counted_and_left_out);
	tcase_add_test(stepped, one_that_is_stopped_does_not_come);
	tcase_add_test(stepped, one_that_is_started_again_has_its_new_date);
	tcase_add_test(stepped, a_function_may_stop_its_own_timer);
	tcase_add_test(stepped, a_function_may_start_another_timer);
	tcase_add_test(stepped, the_earliest_comes_first_and_equals_in_order);
	tcase_add_test(stepped, gravity_makes_a_shot_come_early);
	tcase_add_test(stepped, gravity_may_be_chosen_later);
	tcase_add_test(stepped, a_clock_that_is_set_back_puts_shots_off);
	tcase_add_test(stepped, monotonic_timers_go_by_themselves);
	tcase_add_test(stepped, every_form_of_init_is_known);
	tcase_add_test(stepped,
		       a_timer_that_was_never_prepared_can_be_destroyed);
	suite_add_tcase(suite, stepped);

	tcase_add_checked_fixture(alone, setup_worker, teardown_worker);
	tcase_set_timeout(alone, 60);
	tcase_add_test(alone, who_stops_a_timer_waits_for_its_function);
	tcase_add_test(alone, who_holds_a_lock_does_not_wait);
	tcase_add_test(alone, timers_are_started_and_stopped_from_elsewhere);
	suite_add_tcase(suite, alone);

	return suite_run(suite);
}
