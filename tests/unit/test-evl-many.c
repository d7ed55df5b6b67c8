/* SPDX-License-Identifier: MIT */
/* Ten thousand who sleep: what they cost in memory, and that each is woken. */
#include "core/thread.h"
#include "suite.h"

#include <evl/flag.h>
#include <evl/sem.h>
#include <evl/wait.h>
#include <stdio.h>

/* ThreadSanitizer has room for 8128 threads and fibers, and is slow. */
#define NR	  (FIBER_TSAN ? 1000 : 10000)
#define MAX_BYTES (20 * 1024) /* each */

enum { ON_FLAG, ON_SEM, ON_QUEUE, NR_KINDS };

/* One, and what it sleeps on. */
struct sleeper {
	struct evl_thread thread;
	union {
		struct evl_flag flag;
		struct evl_ksem sem;
		struct evl_wait_queue wq;
	};
	bool condition;
	int ret;
};

static struct sleeper *sleepers;
static int nr_awake;

static void sleep_on(void *arg)
{
	struct sleeper *sleeper = arg;

	switch ((sleeper - sleepers) % NR_KINDS) {
	case ON_FLAG:
		sleeper->ret = evl_wait_flag(&sleeper->flag);
		break;
	case ON_SEM:
		sleeper->ret = evl_down(&sleeper->sem);
		break;
	default:
		sleeper->ret = evl_wait_event(&sleeper->wq, sleeper->condition);
		break;
	}
	nr_awake++;
}

static void prepare(struct sleeper *sleeper)
{
	switch ((sleeper - sleepers) % NR_KINDS) {
	case ON_FLAG:
		evl_init_flag(&sleeper->flag);
		break;
	case ON_SEM:
		evl_init_ksem(&sleeper->sem, 0);
		break;
	default:
		evl_init_wait(&sleeper->wq, &evl_mono_clock, EVL_WAIT_PRIO);
		break;
	}
}

static void wake(struct sleeper *sleeper)
{
	switch ((sleeper - sleepers) % NR_KINDS) {
	case ON_FLAG:
		evl_raise_flag(&sleeper->flag);
		break;
	case ON_SEM:
		evl_up(&sleeper->sem);
		break;
	default:
		raw_spin_lock(&sleeper->wq.lock);
		sleeper->condition = true;
		evl_wake_up_head(&sleeper->wq);
		raw_spin_unlock(&sleeper->wq.lock);
		break;
	}
}

/* In bytes, with the tables of pages. */
static size_t resident(void)
{
	FILE *status = fopen("/proc/self/status", "re");
	unsigned long kb, sum = 0;
	char line[256];

	ck_assert_ptr_nonnull(status);
	while (fgets(line, sizeof(line), status))
		if (sscanf(line, "VmRSS: %lu kB", &kb) == 1 ||
		    sscanf(line, "VmPTE: %lu kB", &kb) == 1)
			sum += kb;
	fclose(status);

	return sum * 1024;
}

static void put_to_sleep(struct sleeper *sleeper, int prio)
{
	struct fiber *fiber;

	prepare(sleeper);
	sleeper->ret = 1;
	fiber = test_fiber(sleep_on, sleeper, prio);
	thread_begin(&sleeper->thread, fiber, "sleeper", prio, EVL_T_USER);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(sleeper->ret, 1);
}

static void setup(void)
{
	test_stage_setup();
	nr_awake = 0;
}

static void teardown(void)
{
	test_stage_teardown();
	free(sleepers);
}

START_TEST(they_cost_less_than_twenty_kib_each)
{
	size_t before = resident(), each;

	sleepers = calloc(NR, sizeof(*sleepers));
	ck_assert_ptr_nonnull(sleepers);
	for (int i = 0; i < NR; i++)
		put_to_sleep(&sleepers[i], i % 100);
	each = (resident() - before) / NR;
	/* Sanitizers need memory of their own, and larger frames. */
	if (!FIBER_ASAN && !FIBER_TSAN)
		ck_assert_uint_lt(each, MAX_BYTES);

	for (int i = 0; i < NR; i++) {
		wake(&sleepers[i]);
		stage_run_until_idle(&test_stage);
		ck_assert_int_eq(nr_awake, i + 1);
		ck_assert_int_eq(sleepers[i].ret, 0);
	}
}
END_TEST

static struct evl_ksem sem;
static int last_prio;

static void take_in_turn(void *arg)
{
	struct sleeper *sleeper = arg;

	sleeper->ret = evl_down(&sem);
	ck_assert_int_le(sleeper->thread.base_prio, last_prio);
	last_prio = sleeper->thread.base_prio;
	nr_awake++;
}

START_TEST(they_wait_for_one_thing_and_get_it_one_by_one)
{
	struct fiber *fiber;

	evl_init_ksem(&sem, 0);
	sleepers = calloc(NR, sizeof(*sleepers));
	ck_assert_ptr_nonnull(sleepers);
	for (int i = 0; i < NR; i++) {
		fiber = test_fiber(take_in_turn, &sleepers[i], i % 100);
		thread_begin(&sleepers[i].thread, fiber, "", i % 100,
			     EVL_T_USER);
	}
	stage_run_until_idle(&test_stage);
	last_prio = 100;
	for (int i = 0; i < NR; i++) {
		evl_up(&sem);
		stage_run_until_idle(&test_stage);
		ck_assert_int_eq(nr_awake, i + 1);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/many");
	TCase *tc = tcase_create("ten thousand");

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 100);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, they_cost_less_than_twenty_kib_each);
	tcase_add_test(tc, they_wait_for_one_thing_and_get_it_one_by_one);

	return suite_run(suite);
}
