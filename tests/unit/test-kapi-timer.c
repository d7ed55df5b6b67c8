/* SPDX-License-Identifier: MIT */
/* Timers of the in-band stage: by jiffies, and by the nanosecond. */
#include "inband-rig.h"
#include "kapi/hrtimer.h"

#include <linux/hrtimer.h>
#include <linux/timer.h>
#include <pthread.h>
#include <stdatomic.h>

static struct timer_list timer;
static struct hrtimer hrtimer;
static int nr_shots;
static bool came;

static void note(struct timer_list *who)
{
	ck_assert_ptr_eq(who, &timer);
	ck_assert_ptr_null(fiber_current());
	ck_assert(!timer_pending(who));
	nr_shots++;
	came = true;
}

static void setup(void)
{
	inband_setup();
	timer_setup(&timer, note, 0);
}

static void teardown(void)
{
	del_timer_sync(&timer);
	hrtimer_cancel(&hrtimer);
	inband_teardown();
}

START_TEST(a_timer_comes_once_at_its_date)
{
	unsigned long date = jiffies + 3;

	ck_assert(!timer_pending(&timer));
	ck_assert_int_eq(mod_timer(&timer, date), 0);
	ck_assert(timer_pending(&timer));
	inband_await(&came);
	ck_assert(!time_before(jiffies, date));
	ck_assert_int_eq(nr_shots, 1);

	came = false;
	timer.expires = jiffies - 1;
	add_timer(&timer);
	inband_await(&came);
	ck_assert_int_eq(nr_shots, 2);
}
END_TEST

START_TEST(a_date_can_be_changed_or_given_up)
{
	mod_timer(&timer, jiffies + 100 * HZ);
	ck_assert_int_eq(timer_reduce(&timer, jiffies + 200 * HZ), 1);
	ck_assert_int_eq(timer_reduce(&timer, jiffies + 1), 1);
	inband_await(&came);

	mod_timer(&timer, ~0UL); /* as late as can be */
	ck_assert_int_eq(mod_timer_pending(&timer, jiffies + 1), 1);
	ck_assert_int_eq(timer_delete(&timer), 1);
	ck_assert_int_eq(del_timer(&timer), 0);
	ck_assert_int_eq(mod_timer_pending(&timer, jiffies + 1), 0);
	ck_assert_int_eq(try_to_del_timer_sync(&timer), 0);
	mod_timer(&timer, jiffies + 1);
	ck_assert_int_eq(timer_shutdown_sync(&timer), 1);
	ck_assert_int_eq(mod_timer(&timer, jiffies), 0);
	ck_assert(!timer_pending(&timer));
	ck_assert_int_eq(nr_shots, 1);
}
END_TEST

static void note_static(struct timer_list *who)
{
	came = true;
}

static DEFINE_TIMER(static_timer, note_static);

START_TEST(a_static_timer_works)
{
	mod_timer(&static_timer, jiffies);
	inband_await(&came);
}
END_TEST

struct holder {
	int before;
	struct timer_list timer;
	int nr;
};

static void start_again(struct timer_list *who)
{
	struct holder *holder = from_timer(holder, who, timer);

	came = ++holder->nr == 5;
	if (!came)
		mod_timer(who, jiffies + 1);
}

START_TEST(a_function_may_start_its_timer_again)
{
	struct holder holder = { .nr = 0 };

	timer_setup(&holder.timer, start_again, TIMER_DEFERRABLE);
	mod_timer(&holder.timer, jiffies);
	inband_await(&came);
	ck_assert_int_eq(holder.nr, 5);
}
END_TEST

static enum hrtimer_restart note_hr(struct hrtimer *who)
{
	ck_assert(hrtimer_callback_running(who));
	ck_assert(hrtimer_active(who));
	ck_assert_int_eq(hrtimer_try_to_cancel(who), -1);
	ck_assert_int_ge(hrtimer_cb_get_time(who), hrtimer_get_expires(who));
	nr_shots++;
	came = true;

	return HRTIMER_NORESTART;
}

START_TEST(an_hrtimer_comes_at_its_date)
{
	const clockid_t clocks[] = { CLOCK_MONOTONIC, CLOCK_REALTIME,
				     CLOCK_BOOTTIME };
	ktime_t date;

	hrtimer_init(&hrtimer, clocks[_i], HRTIMER_MODE_ABS);
	hrtimer.function = note_hr;
	ck_assert(!hrtimer_active(&hrtimer));
	date = hrtimer_cb_get_time(&hrtimer) + 300000;
	hrtimer_start(&hrtimer, date, HRTIMER_MODE_ABS);
	ck_assert(hrtimer_is_queued(&hrtimer));
	ck_assert_int_eq(hrtimer_get_expires_ns(&hrtimer), date);
	ck_assert_int_le(hrtimer_get_remaining(&hrtimer), 300000);
	inband_await(&came);
	ck_assert(!hrtimer_active(&hrtimer));

	came = false;
	hrtimer_start(&hrtimer, 1000, HRTIMER_MODE_REL);
	inband_await(&came);
	ck_assert_int_eq(nr_shots, 2);

	hrtimer_start(&hrtimer, 100 * NSEC_PER_SEC, HRTIMER_MODE_REL_SOFT);
	ck_assert_int_eq(hrtimer_try_to_cancel(&hrtimer), 1);
	ck_assert_int_eq(hrtimer_cancel(&hrtimer), 0);
	hrtimer_start(&hrtimer, KTIME_MAX, HRTIMER_MODE_REL);
	ck_assert_int_eq(hrtimer_cancel(&hrtimer), 1);
	hrtimer_restart(&hrtimer);
	ck_assert(hrtimer_is_queued(&hrtimer));
}
END_TEST

static u64 nr_passed;

static enum hrtimer_restart go_on(struct hrtimer *who)
{
	nr_passed += hrtimer_forward_now(who, 200000);
	came = ++nr_shots == 10;

	return came ? HRTIMER_NORESTART : HRTIMER_RESTART;
}

START_TEST(a_function_may_have_it_come_again)
{
	ktime_t start = ktime_get();

	hrtimer_setup(&hrtimer, go_on, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	hrtimer_start(&hrtimer, start, HRTIMER_MODE_ABS);
	inband_await(&came);
	ck_assert_int_eq(nr_shots, 10);
	ck_assert_uint_ge(nr_passed, 10);
	/* Still on its grid. */
	ck_assert_int_eq((hrtimer_get_expires(&hrtimer) - start) % 200000, 0);
}
END_TEST

START_TEST(dates_are_moved_on_by_intervals)
{
	hrtimer_init(&hrtimer, CLOCK_MONOTONIC, HRTIMER_MODE_ABS);
	hrtimer_set_expires(&hrtimer, 1000);
	ck_assert_uint_eq(hrtimer_forward(&hrtimer, 999, 10), 0);
	ck_assert_uint_eq(hrtimer_forward(&hrtimer, 1000, 10), 1);
	ck_assert_int_eq(hrtimer_get_expires(&hrtimer), 1010);
	ck_assert_uint_eq(hrtimer_forward(&hrtimer, 1055, 10), 5);
	ck_assert_int_eq(hrtimer_get_expires(&hrtimer), 1060);
	hrtimer_add_expires_ns(&hrtimer, 5);
	ck_assert_int_eq(hrtimer_get_expires(&hrtimer), 1065);
	ck_assert_uint_eq(hrtimer_forward(&hrtimer, 9999, 0), 0);
}
END_TEST

START_TEST(a_clock_that_was_set_has_its_timers_looked_at)
{
	hrtimer_setup(&hrtimer, note_hr, CLOCK_REALTIME, HRTIMER_MODE_ABS);
	hrtimer_start(&hrtimer, ktime_get_real() + 1000000, HRTIMER_MODE_ABS);
	hrtimers_clock_set();
	inband_await(&came);
	ck_assert_int_eq(nr_shots, 1);
	hrtimers_clock_set();
	inband_step();
	ck_assert_int_eq(nr_shots, 1);
}
END_TEST

static _Atomic(int) nr_done;
static int nr_ticks;

static void tick(struct timer_list *who)
{
	nr_ticks++;
}

static void *start_and_stop(void *arg)
{
	for (int i = 0; i < 20000; i++) {
		mod_timer(&timer, jiffies + (unsigned long)(i % 3));
		if (i % 5 == 0)
			timer_delete(&timer);
	}
	nr_done++;

	return NULL;
}

START_TEST(timers_are_started_and_stopped_by_any_thread)
{
	pthread_t threads[2];

	timer_setup(&timer, tick, 0);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, start_and_stop, NULL);
	while (nr_done < 2)
		inband_run_once(false);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	nr_ticks = 0;
	mod_timer(&timer, jiffies);
	while (nr_ticks == 0)
		inband_run_once(true);
}
END_TEST

static void *start_it(void *arg)
{
	mod_timer(&timer, jiffies + 1);

	return NULL;
}

/* Nothing else has the stage look. */
START_TEST(one_that_another_thread_started_is_noticed)
{
	pthread_t thread;

	pthread_create(&thread, NULL, start_it, NULL);
	pthread_join(thread, NULL);
	inband_await(&came);
	ck_assert_int_eq(nr_shots, 1);
}
END_TEST

static bool other_ran;

static void run_other(void *arg)
{
	other_ran = true;
}

static void be_busy(void *arg)
{
	/* The timer is noticed by the loop alone. */
	mod_timer(&timer, jiffies + 1);
	inband_fiber(run_other, NULL);
	while (!came)
		inband_give_way();
	ck_assert(other_ran);
}

START_TEST(who_gives_way_lets_the_loop_work)
{
	inband_fiber(be_busy, NULL);
	inband_await(&came);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/timer");
	TCase *tcase = tcase_create("timers");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_timer_comes_once_at_its_date);
	tcase_add_test(tcase, a_date_can_be_changed_or_given_up);
	tcase_add_test(tcase, a_static_timer_works);
	tcase_add_test(tcase, a_function_may_start_its_timer_again);
	tcase_add_loop_test(tcase, an_hrtimer_comes_at_its_date, 0, 3);
	tcase_add_test(tcase, a_function_may_have_it_come_again);
	tcase_add_test(tcase, dates_are_moved_on_by_intervals);
	tcase_add_test(tcase, a_clock_that_was_set_has_its_timers_looked_at);
	tcase_add_test(tcase, timers_are_started_and_stopped_by_any_thread);
	tcase_add_test(tcase, one_that_another_thread_started_is_noticed);
	tcase_add_test(tcase, who_gives_way_lets_the_loop_work);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
