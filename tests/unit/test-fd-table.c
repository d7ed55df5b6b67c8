/* SPDX-License-Identifier: MIT */
/*
 * The client library's table of descriptor numbers.
 */
#include <check.h>
#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include "../helpers.h"
#include "fd-table.h"

#define BEYOND (FD_TABLE_LEAVES * FD_TABLE_LEAF_SIZE)

/* As who finds an EVL file behind @fd. */
static int bind(int fd, uint64_t file_id)
{
	uint64_t age;
	int ret = fd_table_age(fd, &age);

	return ret == 0 && !fd_table_bind(fd, age, file_id) ? -EAGAIN : ret;
}

static int next_bound(uint32_t first, uint32_t last)
{
	int fd = fd_table_next(first, last);

	while (fd >= 0 && !fd_table_bound(fd))
		fd = fd_table_next((uint32_t)fd + 1, last);

	return fd;
}

START_TEST(every_number_starts_unknown)
{
	uint64_t id;

	ck_assert(!fd_table_bound(0));
	ck_assert(!fd_table_bound(1000000));
	ck_assert(!fd_table_internal(3));
	ck_assert(!fd_table_file(3, &id));
	ck_assert(!fd_table_take(3, &id));
	fd_table_forget(3);
}
END_TEST

START_TEST(numbers_no_table_can_hold_are_unknown)
{
	uint64_t id;

	ck_assert(!fd_table_bound(-1));
	ck_assert(!fd_table_bound(INT_MIN));
	ck_assert(!fd_table_bound(INT_MAX));
	ck_assert_int_eq(fd_table_age(-1, &id), -EMFILE);
	ck_assert_int_eq(fd_table_age((int)BEYOND, &id), -EMFILE);
	ck_assert_int_eq(fd_table_reserve(INT_MAX), -EMFILE);
	ck_assert(!fd_table_take(-1, &id));
	fd_table_forget(-1);
	fd_table_forget(INT_MAX);
}
END_TEST

START_TEST(a_bound_number_tells_its_file)
{
	uint64_t id = 99;

	ck_assert_int_eq(bind(5, 1), 0);
	ck_assert_int_eq(bind((int)BEYOND - 1, 1234567890123), 0);

	ck_assert(fd_table_bound(5));
	ck_assert(fd_table_file(5, &id));
	ck_assert_uint_eq(id, 1);
	ck_assert(fd_table_file((int)BEYOND - 1, &id));
	ck_assert_uint_eq(id, 1234567890123);
	ck_assert(!fd_table_internal(5));
	ck_assert(!fd_table_bound(4));
	ck_assert(!fd_table_bound(6));
}
END_TEST

START_TEST(unbinding_happens_once)
{
	uint64_t id = 0;

	ck_assert_int_eq(bind(7, 70), 0);
	ck_assert(fd_table_take(7, &id));
	ck_assert_uint_eq(id, 70);
	ck_assert(!fd_table_bound(7));
	ck_assert(!fd_table_take(7, &id));
}
END_TEST

START_TEST(what_is_told_is_neither_unknown_nor_bound)
{
	uint64_t id = 99, age;

	fd_table_tell(7);
	ck_assert(!fd_table_unknown(7));
	ck_assert(!fd_table_bound(7));
	ck_assert(fd_table_told(7));
	ck_assert(!fd_table_internal(7));
	ck_assert(!fd_table_file(7, &id));
	fd_table_use(7);
	ck_assert(!fd_table_in_use(7));
	ck_assert_int_eq(fd_table_unuse(0), -1);
	/* Who takes it has to say that it goes. */
	ck_assert(fd_table_take(7, &id));
	ck_assert_uint_eq(id, 0);
	ck_assert(!fd_table_take(7, &id));
	/* It may become bound, and what is more than unknown stays. */
	ck_assert_int_eq(fd_table_age(7, &age), 0);
	fd_table_tell(7);
	ck_assert(fd_table_bind(7, age, 70));
	fd_table_tell(7);
	ck_assert(fd_table_file(7, &id));
	ck_assert_uint_eq(id, 70);
	ck_assert_int_eq(fd_table_reserve(8), 0);
	fd_table_tell(8);
	ck_assert(fd_table_internal(8));
}
END_TEST

START_TEST(internal_numbers_are_neither_bound_nor_unbindable)
{
	uint64_t id;

	ck_assert_int_eq(fd_table_reserve(8), 0);
	ck_assert(fd_table_internal(8));
	ck_assert(!fd_table_bound(8));
	ck_assert(!fd_table_file(8, &id));
	ck_assert(!fd_table_take(8, &id));
	ck_assert(fd_table_internal(8));
	fd_table_forget(8);
	ck_assert(!fd_table_internal(8));
}
END_TEST

START_TEST(a_walk_finds_numbers_in_order)
{
	const int fds[] = { 3, 4, 4095, 4096, 100000, (int)BEYOND - 1 };
	const size_t nr = sizeof(fds) / sizeof(fds[0]);
	uint32_t from = 0;

	ck_assert_int_eq(next_bound(0, UINT32_MAX), -1);
	for (size_t i = 0; i < nr; i++)
		ck_assert_int_eq(bind(fds[i], i + 1), 0);
	ck_assert_int_eq(fd_table_reserve(5), 0);

	for (size_t i = 0; i < nr; i++) {
		ck_assert_int_eq(next_bound(from, UINT32_MAX), fds[i]);
		from = (uint32_t)fds[i] + 1;
	}
	ck_assert_int_eq(next_bound(from, UINT32_MAX), -1);

	/* Both ends belong to the range. */
	ck_assert_int_eq(next_bound(4, 4), 4);
	ck_assert_int_eq(next_bound(5, 4094), -1);
	ck_assert_int_eq(next_bound(4097, 99999), -1);
	ck_assert_int_eq(fd_table_next_internal(0, UINT32_MAX), 5);
	ck_assert_int_eq(fd_table_next_internal(6, UINT32_MAX), -1);
}
END_TEST

START_TEST(reset_forgets_everything)
{
	ck_assert_int_eq(bind(3, 1), 0);
	ck_assert_int_eq(bind(70000, 2), 0);
	ck_assert_int_eq(fd_table_reserve(9), 0);
	fd_table_reset();
	ck_assert(!fd_table_bound(3));
	ck_assert(!fd_table_bound(70000));
	ck_assert(!fd_table_internal(9));
	ck_assert_int_eq(next_bound(0, UINT32_MAX), -1);
}
END_TEST

/* A close and a bind of one number overlap in every way there is. */
START_TEST(what_was_taken_meanwhile_is_not_bound)
{
	uint64_t age, id;

	/* Asked before the close, answered after it. */
	ck_assert_int_eq(fd_table_age(5, &age), 0);
	ck_assert(!fd_table_take(5, &id));
	ck_assert(!fd_table_bind(5, age, 50));
	ck_assert(fd_table_unknown(5));

	/* Asked and answered while it is being closed: the closer is told. */
	ck_assert(!fd_table_take(5, &id));
	ck_assert_int_eq(bind(5, 50), 0);
	ck_assert(fd_table_take(5, &id));
	ck_assert_uint_eq(id, 50);
	ck_assert(fd_table_unknown(5));

	/* Two who ask at the same time get the same answer. */
	ck_assert_int_eq(fd_table_age(5, &age), 0);
	ck_assert(fd_table_bind(5, age, 51));
	ck_assert(fd_table_bind(5, age, 51));
	ck_assert(fd_table_take(5, &id));
	ck_assert(!fd_table_bind(5, age, 51));

	/* Where nobody has looked yet, too. */
	ck_assert(!fd_table_take(123456, &id));
	ck_assert_int_eq(fd_table_age(123456, &age), 0);
	ck_assert(fd_table_bind(123456, age, 0));
}
END_TEST

START_TEST(what_is_used_is_told_once)
{
	ck_assert_int_eq(bind(5, 50), 0);
	ck_assert_int_eq(bind(6, 60), 0);
	ck_assert_int_eq(bind(9000, 90), 0);
	ck_assert(!fd_table_in_use(5));
	ck_assert_int_eq(fd_table_unuse(0), -1);
	fd_table_use(5);
	fd_table_use(9000);
	fd_table_use(7); /* which is nothing of ours */
	ck_assert(fd_table_in_use(5));
	ck_assert(!fd_table_in_use(6));
	ck_assert(!fd_table_in_use(7));
	ck_assert_int_eq(fd_table_unuse(0), 5);
	ck_assert_int_eq(fd_table_unuse(0), 9000);
	ck_assert_int_eq(fd_table_unuse(0), -1);
	ck_assert(fd_table_bound(5));
}
END_TEST

#define RACERS 4
#define FILES  20000

struct racer {
	pthread_t thread;
	pthread_barrier_t *start;
	unsigned int won;
};

static void *bind_and_unbind(void *arg)
{
	struct racer *racer = arg;
	uint64_t id;

	pthread_barrier_wait(racer->start);
	/* Leaves are made on the way, by whoever is first. */
	for (int fd = 0; fd < FILES; fd++)
		if (bind(fd, (uint64_t)fd))
			abort();

	pthread_barrier_wait(racer->start);
	for (int fd = 0; fd < FILES; fd++)
		if (fd_table_take(fd, &id)) {
			if (id != (uint64_t)fd)
				abort();
			racer->won++;
		}

	return NULL;
}

START_TEST(of_racing_closers_exactly_one_wins_each_number)
{
	struct racer racers[RACERS] = { 0 };
	pthread_barrier_t start;
	unsigned int won = 0;

	pthread_barrier_init(&start, NULL, RACERS);
	for (int i = 0; i < RACERS; i++) {
		racers[i].start = &start;
		ck_assert_int_eq(pthread_create(&racers[i].thread, NULL,
						bind_and_unbind, &racers[i]),
				 0);
	}
	for (int i = 0; i < RACERS; i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].won;
	}
	pthread_barrier_destroy(&start);

	ck_assert_uint_eq(won, FILES);
	ck_assert_int_eq(next_bound(0, UINT32_MAX), -1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client/fd-table");

	suite_add(suite, "unknown", every_number_starts_unknown, 1);
	suite_add(suite, "limits", numbers_no_table_can_hold_are_unknown, 1);
	suite_add(suite, "bound", a_bound_number_tells_its_file, 1);
	suite_add(suite, "unbind", unbinding_happens_once, 1);
	suite_add(suite, "told", what_is_told_is_neither_unknown_nor_bound, 1);
	suite_add(suite, "internal",
		  internal_numbers_are_neither_bound_nor_unbindable, 1);
	suite_add(suite, "walk", a_walk_finds_numbers_in_order, 1);
	suite_add(suite, "reset", reset_forgets_everything, 1);
	suite_add(suite, "meanwhile", what_was_taken_meanwhile_is_not_bound, 1);
	suite_add(suite, "used", what_is_used_is_told_once, 1);
	suite_add(suite, "race", of_racing_closers_exactly_one_wins_each_number,
		  1);

	return suite_run(suite);
}
