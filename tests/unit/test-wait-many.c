/* SPDX-License-Identifier: MIT */
/*
 * How many of those who sleep on one queue have to be looked at to wake one: as
 * many among ten thousand as among ten. Each has a page of its own, and all pages
 * but a few are out of reach meanwhile: who looks at another one faults.
 */
#include "../helpers.h"
#include "core/thread.h"
#include "stage/stage.h"
#include "stage/wait.h"

#include <evl/wait.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE	 65536 /* a multiple of any */
#define NR_PRIOS 5
#define MANY	 10000

struct sleeper {
	struct fiber fiber;
	struct evl_thread thread;
};

static_assert(sizeof(struct sleeper) <= PAGE, "a page each");

static const int numbers[] = { 10, 1000, MANY };
static struct stage stage; /* of nobody: posted to, never run */
static struct evl_wait_queue wq;
static char *pages; /* owned */
static int nr;
static unsigned int nr_kicks;

static void kick(struct stage *unused)
{
	nr_kicks++;
}

static struct sleeper *sleeper(int i)
{
	return (struct sleeper *)(void *)(pages + (size_t)i * PAGE);
}

static void put_to_sleep(int i, int prio)
{
	struct sleeper *s = sleeper(i);

	s->fiber.stage = &stage;
	s->fiber.state = FIBER_ASLEEP;
	s->fiber.prio = prio;
	s->fiber.thread = &s->thread;
	s->thread.fiber = &s->fiber;
	wait_queue_join_locked((struct wait_queue *)(void *)&wq, &s->fiber);
}

/* Number 0 is the first of priority 4, number 1 the first of 3, and so on:
 * behind each are those whose number is larger by a multiple of 5. */
static void fill(int flags, int count)
{
	nr = count;
	stage_init(&stage, "nobody's", true, kick);
	evl_init_wait(&wq, &evl_mono_clock, flags);
	raw_spin_lock(&wq.lock);
	for (int i = 0; i < nr; i++)
		put_to_sleep(i, NR_PRIOS - 1 - i % NR_PRIOS);
	raw_spin_unlock(&wq.lock);
}

static void setup(void)
{
	pages = mmap(NULL, (size_t)MANY * PAGE, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	ck_assert_ptr_ne(pages, MAP_FAILED);
}

static void teardown(void)
{
	munmap(pages, (size_t)MANY * PAGE);
}

static void reach(int i)
{
	if (i >= 0 && i < nr)
		ck_assert_int_eq(
			mprotect(sleeper(i), PAGE, PROT_READ | PROT_WRITE), 0);
}

/* None but these. */
static void reach_only(const int *which, int count)
{
	ck_assert_int_eq(mprotect(pages, (size_t)MANY * PAGE, PROT_NONE), 0);
	for (int i = 0; i < count; i++)
		reach(which[i]);
}

static struct evl_thread *wake_from(struct evl_thread *thread)
{
	struct evl_thread *woken;

	raw_spin_lock(&wq.lock);
	woken = evl_wake_up(&wq, thread, 0);
	raw_spin_unlock(&wq.lock);

	return woken;
}

/* It is on its way to its stage. */
static void check_woken(const struct evl_thread *woken, int i)
{
	ck_assert_ptr_eq(woken, &sleeper(i)->thread);
	ck_assert_ptr_eq(atomic_load(&stage.inbox),
			 &sleeper(i)->fiber.wake_item);
	ck_assert_uint_eq(nr_kicks, 1);
}

START_TEST(to_wake_the_most_urgent_its_neighbours_are_looked_at)
{
	/* Its follower, the first of the next and of the last priority. */
	const int seen[] = { 0, NR_PRIOS, 1, NR_PRIOS - 1 };

	fill(EVL_WAIT_PRIO, numbers[_i]);
	reach_only(seen, 4);
	check_woken(wake_from(NULL), 0);
}
END_TEST

START_TEST(to_wake_the_oldest_the_next_one_is_looked_at)
{
	const int seen[] = { 0, 1 };

	fill(EVL_WAIT_FIFO, numbers[_i]);
	reach_only(seen, 2);
	check_woken(wake_from(NULL), 0);
}
END_TEST

/* The third one of five priorities, on either side of it its equals. */
START_TEST(to_wake_a_certain_one_those_beside_it_are_looked_at)
{
	int i = numbers[_i] / 2 + 2 - numbers[_i] / 2 % NR_PRIOS;
	const int seen[] = { i, i - NR_PRIOS, i + NR_PRIOS, 3 };
	struct evl_thread *thread = &sleeper(i)->thread;

	fill(EVL_WAIT_PRIO, numbers[_i]);
	/* Of ten there are two of a kind: the next one is less urgent. */
	reach_only(seen, 4);
	check_woken(wake_from(thread), i);
}
END_TEST

START_TEST(who_is_not_there_is_not_looked_for)
{
	static struct sleeper elsewhere;
	const int none[] = { -1 };

	fill(EVL_WAIT_PRIO, numbers[_i]);
	elsewhere.thread.fiber = &elsewhere.fiber;
	reach_only(none, 1);
	ck_assert_ptr_null(wake_from(&elsewhere.thread));

	/* Nor is who was there. */
	reach(0);
	reach(1);
	reach(NR_PRIOS);
	reach(NR_PRIOS - 1);
	check_woken(wake_from(NULL), 0);
	ck_assert_ptr_null(wake_from(&sleeper(0)->thread));
}
END_TEST

/* Those tests see what they say. */
START_TEST(who_looks_further_faults)
{
	const int none[] = { -1 };

	fill(EVL_WAIT_PRIO, 10);
	reach_only(none, 1);
	wake_from(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/wait-many");
	TCase *tc = tcase_create("many on one queue");
	const int count = sizeof(numbers) / sizeof(numbers[0]);

	suite_add_tcase(suite, tc);
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
		tc, to_wake_the_most_urgent_its_neighbours_are_looked_at, 0,
		count);
	tcase_add_loop_test(tc, to_wake_the_oldest_the_next_one_is_looked_at, 0,
			    count);
	tcase_add_loop_test(tc,
			    to_wake_a_certain_one_those_beside_it_are_looked_at,
			    0, count);
	tcase_add_loop_test(tc, who_is_not_there_is_not_looked_for, 0, count);
	/* Sanitizers end the process in their own way. */
	if (!FIBER_ASAN && !FIBER_TSAN)
		tcase_add_test_raise_signal(tc, who_looks_further_faults,
					    SIGSEGV);

	return suite_run(suite);
}
