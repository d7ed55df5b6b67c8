/* SPDX-License-Identifier: MIT */
/* Which addresses are whose: cut, moved, replaced, and found whole by whoever
 * forks in the middle of it. No memory is mapped here. */
#include "../helpers.h"

#include "fd-table.h"
#include "ranges.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define PAGE 4096ul
#define BASE 0x10000000u

static uintptr_t at(unsigned int page)
{
	return BASE + page * PAGE;
}

static void add(unsigned int page, unsigned int nr, uint64_t id)
{
	struct mapping mapping = { .fd = (int)id, .life_fd = -1, .id = id };
	struct ranges_edit edit;

	ranges_begin(&edit);
	ck_assert_int_eq(ranges_add(at(page), nr * PAGE, &mapping), 0);
	ranges_commit(&edit);
	ck_assert_uint_eq(edit.nr_dead, 0);
}

/* The ids of those which died in @edit, which is committed. */
static const char *dead(struct ranges_edit *edit)
{
	static char text[64];

	text[0] = '\0';
	ranges_commit(edit);
	for (unsigned int n = 0; n < edit->nr_dead; n++)
		sprintf(text + strlen(text), "%d.",
			(int)ranges_bury(edit->dead[n]).id);

	return text;
}

static const char *cut(unsigned int page, unsigned int nr)
{
	struct ranges_edit edit;

	ranges_begin(&edit);
	ck_assert_int_eq(ranges_cut(at(page), nr * PAGE), 0);

	return dead(&edit);
}

static const char *move(unsigned int page, unsigned int nr, unsigned int to)
{
	struct ranges_edit edit;

	ranges_begin(&edit);
	ck_assert_int_eq(ranges_move(at(page), nr * PAGE, at(to)), 0);

	return dead(&edit);
}

/* Each of pages 0 to 9: is it ours? */
static const char *pages(void)
{
	static char text[11];
	struct ranges_edit edit;

	ranges_begin(&edit);
	for (unsigned int n = 0; n < 10; n++)
		text[n] = ranges_has(at(n), PAGE) ? 'x' : '.';
	ranges_abort(&edit);

	return text;
}

START_TEST(a_mapping_dies_with_its_last_page)
{
	ck_assert(!ranges_touch(0, SIZE_MAX));
	add(2, 5, 1);
	ck_assert_str_eq(pages(), "..xxxxx...");
	ck_assert_str_eq(cut(4, 1), "");
	ck_assert_str_eq(pages(), "..xx.xx...");
	ck_assert_str_eq(cut(0, 3), "");
	ck_assert_str_eq(cut(6, 4), "");
	ck_assert_str_eq(cut(6, 4), "");
	ck_assert_str_eq(pages(), "...x.x....");
	ck_assert_str_eq(cut(5, 1), "");
	ck_assert_str_eq(cut(0, 10), "1.");
	ck_assert_str_eq(pages(), "..........");
	ck_assert(!ranges_touch(0, SIZE_MAX));
}
END_TEST

START_TEST(what_cannot_be_ours_is_told_without_the_lock)
{
	add(2, 2, 1);
	add(6, 1, 2);
	ck_assert(!ranges_touch(at(0), 2 * PAGE));
	ck_assert(ranges_touch(at(0), 2 * PAGE + 1));
	ck_assert(ranges_touch(at(4), 1)); /* in between: maybe */
	ck_assert(ranges_touch(at(6), 1));
	ck_assert(!ranges_touch(at(7), SIZE_MAX));
	ck_assert(!ranges_touch(at(6), 0));
	cut(6, 1);
	ck_assert(!ranges_touch(at(4), 10 * PAGE));
}
END_TEST

START_TEST(several_die_at_once)
{
	add(0, 2, 1);
	add(2, 3, 2);
	add(5, 2, 3);
	add(7, 3, 4);
	ck_assert_str_eq(cut(1, 7), "2.3.");
	ck_assert_str_eq(pages(), "x.......xx");
	add(3, 1, 5); /* takes a number that is free again */
	ck_assert_str_eq(cut(0, 10), "1.5.4.");
}
END_TEST

START_TEST(a_new_one_takes_what_is_in_its_place)
{
	struct mapping mapping = { .id = 3 };
	struct ranges_edit edit;

	add(0, 3, 1);
	add(3, 3, 2);
	ranges_begin(&edit);
	ck_assert_int_eq(ranges_add(at(2), 4 * PAGE, &mapping), 0);
	ck_assert_str_eq(dead(&edit), "2.");
	ck_assert_str_eq(cut(2, 4), "3.");
	ck_assert_str_eq(pages(), "xx........");
}
END_TEST

START_TEST(what_moves_stays_alive)
{
	add(0, 3, 1);
	ck_assert_str_eq(move(0, 3, 5), "");
	ck_assert_str_eq(pages(), ".....xxx..");
	ck_assert_str_eq(move(6, 1, 0), "");
	ck_assert_str_eq(pages(), "x....x.x..");
	ck_assert_str_eq(move(1, 3, 2), "");
	ck_assert_str_eq(cut(5, 3), "");
	ck_assert_str_eq(cut(0, 1), "1.");
}
END_TEST

START_TEST(an_edit_that_is_aborted_never_was)
{
	struct ranges_edit edit;

	add(0, 3, 1);
	ranges_begin(&edit);
	ck_assert_int_eq(ranges_cut(at(0), 3 * PAGE), 0);
	ranges_abort(&edit);
	ck_assert_str_eq(pages(), "xxx.......");
	ck_assert_str_eq(cut(0, 3), "1.");
}
END_TEST

START_TEST(both_tables_have_limits)
{
	struct mapping mapping = { .id = 1000 };
	struct ranges_edit edit;
	unsigned int n;

	for (n = 0; n < MAPPINGS_MAX; n++)
		add(n * 10, 9, n + 1);
	ranges_begin(&edit);
	ck_assert_int_eq(ranges_add(at(n * 10), PAGE, &mapping), -ENOMEM);
	ranges_abort(&edit);

	for (n = 0; n < (RANGES_MAX - MAPPINGS_MAX) / 3; n++) {
		ck_assert_str_eq(cut(n * 10 + 1, 1), "");
		ck_assert_str_eq(cut(n * 10 + 3, 1), "");
		ck_assert_str_eq(cut(n * 10 + 5, 1), "");
	}
	ranges_begin(&edit);
	ck_assert_int_eq(ranges_cut(at(7), PAGE), -ENOMEM);
	ranges_abort(&edit);
	ranges_begin(&edit);
	ck_assert_int_eq(ranges_cut(at(0), (size_t)MAPPINGS_MAX * 10 * PAGE),
			 0);
	ranges_commit(&edit);
	ck_assert_uint_eq(edit.nr_dead, MAPPINGS_MAX);
	for (n = 0; n < edit.nr_dead; n++)
		ranges_bury(edit.dead[n]);
	add(0, 1, 1);
	ck_assert_str_eq(cut(0, 1), "1.");
}
END_TEST

static _Atomic(bool) over;

/* In a thread, and in children: Check's assertions take a lock. */
static const char *cut_quietly(unsigned int page, unsigned int nr)
{
	struct ranges_edit edit;

	ranges_begin(&edit);
	if (ranges_cut(at(page), nr * PAGE))
		abort();

	return dead(&edit);
}

static void *edit_on_and_on(void *arg)
{
	const struct mapping mapping = { .fd = 7, .life_fd = 8, .id = 7 };
	struct ranges_edit edit;

	while (!over) {
		ranges_begin(&edit);
		if (ranges_add(at(0), 3 * PAGE, &mapping))
			abort();
		ranges_commit(&edit);
		cut_quietly(1, 1);
		cut_quietly(0, 3);
	}

	return NULL;
}

/* In a child: all, some or nothing of mapping 7, which can go. */
static int look(void)
{
	const char *seen;

	ranges_reset();
	seen = pages();
	if (strcmp(seen, "..........") == 0)
		return 0;
	if (strcmp(seen, "xxx.......") != 0 && strcmp(seen, "x.x.......") != 0)
		return 1;
	if (!ranges_touch(at(0), 1) || !ranges_touch(at(2), 1))
		return 2;
	if (!fd_table_internal(7) || !fd_table_internal(8))
		return 3;

	return strcmp(cut_quietly(0, 10), "7.") == 0 ? 0 : 4;
}

START_TEST(a_child_forked_at_any_moment_finds_a_whole_table)
{
	pthread_t thread;
	int status;
	pid_t pid;

	pthread_create(&thread, NULL, edit_on_and_on, NULL);
	for (int i = 0; i < 1000; i++) {
		pid = fork();
		if (pid == 0)
			_exit(look());
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_int_eq(status, 0);
	}
	over = true;
	pthread_join(thread, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("client/ranges");
	TCase *tcase = tcase_create("ranges");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, a_mapping_dies_with_its_last_page);
	tcase_add_test(tcase, what_cannot_be_ours_is_told_without_the_lock);
	tcase_add_test(tcase, several_die_at_once);
	tcase_add_test(tcase, a_new_one_takes_what_is_in_its_place);
	tcase_add_test(tcase, what_moves_stays_alive);
	tcase_add_test(tcase, an_edit_that_is_aborted_never_was);
	tcase_add_test(tcase, both_tables_have_limits);
	tcase_add_test(tcase, a_child_forked_at_any_moment_finds_a_whole_table);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
