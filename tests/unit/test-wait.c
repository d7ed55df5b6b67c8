/* SPDX-License-Identifier: MIT */
/* Wait queues: who is woken, when, and what its sleep returns. */
#include "stage/clock.h"
#include "stage/wait.h"
#include "suite.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

static struct wait_queue wq;
static char order[64];

struct sleeper {
	const char *name;
	uint64_t deadline;
	int ret;
	int nr_sleeps;
};

static void sleep_once(void *arg)
{
	struct sleeper *sleeper = arg;

	pi_lock(&wq.lock);
	sleeper->ret = wait_queue_sleep(&wq, sleeper->deadline);
	if (sleeper->ret != -EIDRM)
		pi_unlock(&wq.lock);
	strcat(order, sleeper->name);
}

static void sleep_deeply(void *arg)
{
	struct sleeper *sleeper = arg;

	pi_lock(&wq.lock);
	sleeper->ret = wait_queue_sleep_uninterruptible(&wq, sleeper->deadline);
	pi_unlock(&wq.lock);
}

static struct sleeper sleeper_of(const char *name)
{
	return (struct sleeper){ .name = name,
				 .deadline = DEADLINE_NONE,
				 .ret = 1 };
}

static void wake_one(void)
{
	pi_lock(&wq.lock);
	wait_queue_wake_locked(&wq, NULL, 0);
	pi_unlock(&wq.lock);
	stage_run_until_idle(&test_stage);
}

static void setup(void)
{
	test_stage_setup();
	wait_queue_init(&wq, WAIT_PRIO);
	order[0] = '\0';
}

START_TEST(sleepers_wake_by_priority_then_in_order)
{
	struct sleeper a = sleeper_of("a"), b = sleeper_of("b"),
		       c = sleeper_of("c");

	test_fiber(sleep_once, &a, 10);
	stage_run_until_idle(&test_stage);
	test_fiber(sleep_once, &b, 20);
	stage_run_until_idle(&test_stage);
	test_fiber(sleep_once, &c, 20);
	stage_run_until_idle(&test_stage);
	wake_one();
	wake_one();
	wake_one();
	ck_assert_str_eq(order, "bca");
}
END_TEST

START_TEST(a_fifo_queue_ignores_priority)
{
	struct sleeper a = sleeper_of("a"), b = sleeper_of("b");

	wait_queue_init(&wq, WAIT_FIFO);
	test_fiber(sleep_once, &a, 10);
	stage_run_until_idle(&test_stage);
	test_fiber(sleep_once, &b, 20);
	stage_run_until_idle(&test_stage);
	wake_one();
	ck_assert_str_eq(order, "a");
	wake_one();
	ck_assert_str_eq(order, "ab");
}
END_TEST

/* One of a crowd: when it came to its place. */
struct one {
	struct fiber *fiber;
	unsigned int arrived;
};

#define NR_ONES 64

static struct one ones[NR_ONES];
static unsigned int nr_arrivals;

static void sleep_again_and_again(void *arg)
{
	struct one *one = arg;

	pi_lock(&wq.lock);
	do
		one->arrived = ++nr_arrivals;
	while (wait_queue_sleep(&wq, DEADLINE_NONE) == 0);
	pi_unlock(&wq.lock);
}

static struct one *one_of(const struct list_head *link)
{
	return list_entry(link, struct fiber, wait_link)->arg;
}

static void check_order(void)
{
	const struct one *a, *b;
	struct list_head *pos;
	unsigned int count = 0;

	for (pos = wq.waiters.next; pos != &wq.waiters; pos = pos->next) {
		count++;
		if (pos->next == &wq.waiters)
			break;
		a = one_of(pos);
		b = one_of(pos->next);
		ck_assert_int_ge(a->fiber->prio, b->fiber->prio);
		if (a->fiber->prio == b->fiber->prio)
			ck_assert_uint_lt(a->arrived, b->arrived);
	}
	ck_assert_uint_eq(count, NR_ONES);
}

START_TEST(the_order_holds_whoever_comes_and_goes)
{
	struct one *one;

	srand(1);
	nr_arrivals = 0;
	for (int i = 0; i < NR_ONES; i++)
		ones[i].fiber =
			test_fiber(sleep_again_and_again, &ones[i], rand() % 8);
	stage_run_until_idle(&test_stage);
	for (int i = 0; i < 5000; i++) {
		one = &ones[rand() % NR_ONES];
		if (rand() % 2) {
			fiber_set_prio(one->fiber, rand() % 8);
			one->arrived = ++nr_arrivals;
		} else {
			fiber_unblock(one->fiber, 0);
			stage_run_until_idle(&test_stage);
		}
		check_order();
	}
	for (int i = 0; i < NR_ONES; i++)
		fiber_break(ones[i].fiber);
	stage_run_until_idle(&test_stage);
}
END_TEST

START_TEST(a_deadline_ends_the_sleep)
{
	struct sleeper a = sleeper_of("a");

	a.deadline = clock_ns() + 1000000;
	test_fiber(sleep_once, &a, 1);
	while (a.ret > 0)
		stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, -ETIMEDOUT);
	ck_assert_uint_ge(clock_ns(), a.deadline);
	ck_assert(list_empty(&wq.waiters));
}
END_TEST

START_TEST(a_date_in_the_past_times_out_at_once)
{
	struct sleeper a = sleeper_of("a");

	a.deadline = 1;
	test_fiber(sleep_once, &a, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, -ETIMEDOUT);
}
END_TEST

START_TEST(a_fiber_woken_in_time_reports_no_timeout)
{
	struct sleeper a = sleeper_of("a");

	a.deadline = clock_ns() + 2000000;
	test_fiber(sleep_once, &a, 1);
	ck_assert(stage_run_one(&test_stage));
	pi_lock(&wq.lock);
	wait_queue_wake_locked(&wq, NULL, 0);
	pi_unlock(&wq.lock);
	while (clock_ns() <= a.deadline)
		cpu_relax();
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, 0);
	ck_assert_uint_eq(test_stage.timers.next_date, UINT64_MAX);
}
END_TEST

START_TEST(a_broken_fiber_cannot_sleep_again)
{
	struct sleeper a = sleeper_of("a");
	struct fiber *fiber = test_fiber(sleep_once, &a, 1);

	stage_run_until_idle(&test_stage);
	fiber_break(fiber);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, -EINTR);

	/* Broken before it ever sleeps. */
	a.ret = 1;
	fiber_start(fiber, sleep_once, &a, 1);
	fiber_break(fiber);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, -EINTR);

	/* The next entry starts afresh. */
	a.ret = 1;
	fiber_start(fiber, sleep_once, &a, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, 1);
	wake_one();
	ck_assert_int_eq(a.ret, 0);
}
END_TEST

static bool obstinate_stop, others_ran;

static void sleep_in_spite_of_all(void *arg)
{
	unsigned int *nr_times = arg;

	pi_lock(&wq.lock);
	while (!obstinate_stop) {
		ck_assert_int_eq(wait_queue_sleep(&wq, DEADLINE_NONE), -EINTR);
		++*nr_times;
	}
	pi_unlock(&wq.lock);
	while (obstinate_stop) {
		wait_queue_join(&wq);
		ck_assert_int_eq(wait_queue_commit(DEADLINE_NONE), -EINTR);
		++*nr_times;
	}
}

static void run_at_last(void *arg)
{
	others_ran = true;
}

/* It takes no notice of that, but does not keep others from running. */
START_TEST(a_broken_fiber_may_try_without_end)
{
	struct fiber *fiber;
	unsigned int nr = 0, before;

	fiber = test_fiber(sleep_in_spite_of_all, &nr, 50);
	fiber_break(fiber);
	test_fiber(run_at_last, NULL, 1);
	stage_run_until_idle(&test_stage);
	ck_assert(others_ran);

	for (int i = 0; i < 2; i++) {
		before = nr;
		while (nr < before + 3)
			stage_run_until_idle(&test_stage);
		obstinate_stop = !obstinate_stop;
	}
	while (fiber->state != FIBER_IDLE)
		stage_run_until_idle(&test_stage);
}
END_TEST

START_TEST(an_uninterruptible_sleep_is_not_broken)
{
	struct sleeper a = sleeper_of("a");
	struct fiber *fiber = test_fiber(sleep_deeply, &a, 1);

	stage_run_until_idle(&test_stage);
	fiber_break(fiber);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(a.ret, 1);
	ck_assert(fiber_asleep_uninterruptibly(fiber));
	wake_one();
	ck_assert_int_eq(a.ret, 0);
}
END_TEST

START_TEST(removal_releases_every_sleeper)
{
	struct sleeper all[3] = { sleeper_of("a"), sleeper_of("b"),
				  sleeper_of("c") };

	for (int i = 0; i < 3; i++)
		test_fiber(sleep_once, &all[i], i);
	stage_run_until_idle(&test_stage);
	ck_assert_uint_eq(wait_queue_flush(&wq, -EIDRM), 3);
	/* Hands off: nobody may look at the queue again. */
	memset(&wq, 0xff, sizeof(wq));
	stage_run_until_idle(&test_stage);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(all[i].ret, -EIDRM);
}
END_TEST

START_TEST(a_zero_filled_queue_works)
{
	struct sleeper a = sleeper_of("a");

	memset(&wq, 0, sizeof(wq));
	ck_assert_uint_eq(wait_queue_flush(&wq, -EIDRM), 0);
	test_fiber(sleep_once, &a, 1);
	stage_run_until_idle(&test_stage);
	wake_one();
	ck_assert_int_eq(a.ret, 0);
}
END_TEST

static bool condition;
static int nr_tests;

/* What wait_event() is made of. */
static void wait_for_condition(void *arg)
{
	int *r_ret = arg;

	for (;;) {
		wait_queue_join(&wq);
		nr_tests++;
		if (condition) {
			wait_queue_leave();
			*r_ret = 0;
			return;
		}
		*r_ret = wait_queue_commit(DEADLINE_NONE);
		if (*r_ret)
			return;
	}
}

START_TEST(joining_then_leaving_takes_part_in_nothing)
{
	int ret = 1;

	condition = true;
	test_fiber(wait_for_condition, &ret, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(ret, 0);
	ck_assert(list_empty(&wq.waiters));
}
END_TEST

START_TEST(a_commit_sleeps_until_woken)
{
	int ret = 1;

	condition = false;
	nr_tests = 0;
	test_fiber(wait_for_condition, &ret, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(ret, 1);
	wake_one(); /* spurious */
	ck_assert_int_eq(nr_tests, 2);
	condition = true;
	wake_one();
	ck_assert_int_eq(ret, 0);
}
END_TEST

static void join_and_get_woken(void *arg)
{
	int *r_ret = arg;

	wait_queue_join(&wq);
	pi_lock(&wq.lock);
	wait_queue_wake_locked(&wq, NULL, 0);
	pi_unlock(&wq.lock);
	*r_ret = wait_queue_commit(DEADLINE_NONE);
	wait_queue_join(&wq);
	pi_lock(&wq.lock);
	wait_queue_wake_locked(&wq, NULL, 0);
	pi_unlock(&wq.lock);
	wait_queue_leave();
	*r_ret = *r_ret ? *r_ret : 2;
}

START_TEST(a_wakeup_between_join_and_commit_is_not_lost)
{
	int ret = 1;

	test_fiber(join_and_get_woken, &ret, 1);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(ret, 2);
	ck_assert_uint_eq(test_stage.nr_fibers, 0);
}
END_TEST

/* A real second thread wakes; the sleeper checks what it waited for. */
#define NR_ROUNDS 20000

static int posted, taken; /* under wq.lock */

static void *post_rounds(void *arg)
{
	for (int i = 0; i < NR_ROUNDS; i++) {
		pi_lock(&wq.lock);
		posted++;
		wait_queue_wake_locked(&wq, NULL, 0);
		pi_unlock(&wq.lock);
	}

	return NULL;
}

static void take_rounds(void *arg)
{
	pi_lock(&wq.lock);
	while (taken < NR_ROUNDS) {
		while (posted == taken)
			wait_queue_sleep(&wq, DEADLINE_NONE);
		taken++;
	}
	pi_unlock(&wq.lock);
}

START_TEST(no_wakeup_from_another_thread_is_lost)
{
	pthread_t thread;

	posted = taken = 0;
	test_fiber(take_rounds, NULL, 1);
	pthread_create(&thread, NULL, post_rounds, NULL);
	while (test_stage.nr_fibers)
		stage_run_until_idle(&test_stage);
	pthread_join(thread, NULL);
	ck_assert_int_eq(taken, NR_ROUNDS);
}
END_TEST

/* ThreadSanitizer has room for 8128 threads and fibers. */
#ifdef __SANITIZE_THREAD__
#define NR_SLEEPERS 2000
#else
#define NR_SLEEPERS 10000
#endif

START_TEST(ten_thousand_sleepers_wake_one_by_one)
{
	static struct sleeper all[NR_SLEEPERS];

	for (int i = 0; i < NR_SLEEPERS; i++) {
		all[i] = sleeper_of("");
		test_fiber(sleep_once, &all[i], i % 3);
	}
	stage_run_until_idle(&test_stage);
	for (int i = 0; i < NR_SLEEPERS; i++)
		wake_one();
	for (int i = 0; i < NR_SLEEPERS; i++)
		ck_assert_int_eq(all[i].ret, 0);
}
END_TEST

static struct pi_mutex mutex;
static long counter;

static void *count_up(void *arg)
{
	for (int i = 0; i < 100000; i++) {
		pi_lock(&mutex);
		counter++;
		pi_unlock(&mutex);
	}

	return NULL;
}

START_TEST(a_pi_mutex_excludes)
{
	pthread_t threads[3];

	counter = 0;
	for (int i = 0; i < 3; i++)
		pthread_create(&threads[i], NULL, count_up, NULL);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	ck_assert_int_eq(counter, 300000);
	ck_assert(pi_trylock(&mutex));
	pi_unlock(&mutex);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("stage/wait");
	TCase *tcase = tcase_create("wait");

	tcase_add_checked_fixture(tcase, setup, test_stage_teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, sleepers_wake_by_priority_then_in_order);
	tcase_add_test(tcase, a_fifo_queue_ignores_priority);
	tcase_add_test(tcase, the_order_holds_whoever_comes_and_goes);
	tcase_add_test(tcase, a_deadline_ends_the_sleep);
	tcase_add_test(tcase, a_date_in_the_past_times_out_at_once);
	tcase_add_test(tcase, a_fiber_woken_in_time_reports_no_timeout);
	tcase_add_test(tcase, a_broken_fiber_cannot_sleep_again);
	tcase_add_test(tcase, a_broken_fiber_may_try_without_end);
	tcase_add_test(tcase, an_uninterruptible_sleep_is_not_broken);
	tcase_add_test(tcase, removal_releases_every_sleeper);
	tcase_add_test(tcase, a_zero_filled_queue_works);
	tcase_add_test(tcase, joining_then_leaving_takes_part_in_nothing);
	tcase_add_test(tcase, a_commit_sleeps_until_woken);
	tcase_add_test(tcase, a_wakeup_between_join_and_commit_is_not_lost);
	tcase_add_test(tcase, no_wakeup_from_another_thread_is_lost);
	tcase_add_test(tcase, ten_thousand_sleepers_wake_one_by_one);
	tcase_add_test(tcase, a_pi_mutex_excludes);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
