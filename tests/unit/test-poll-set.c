/* SPDX-License-Identifier: MIT */
/* What is in a polling set: adding, changing, nesting, limits. */
#include "poll-rig.h"

#include <errno.h>

#define IN POLLIN

static struct rig_wait a;

START_TEST(a_descriptor_is_in_a_set_once)
{
	struct rig_file *file = rig_file(5, true);

	rig_set(1);
	ck_assert_int_eq(rig_add(1, 5, IN), 0);
	ck_assert_int_eq(rig_add(1, 5, POLLOUT), -EEXIST);
	/* Another number is another entry. */
	rig_bind(rig_mine, 6, file);
	ck_assert_int_eq(rig_add(1, 6, IN), 0);
	file->ready = IN;
	rig_poll(&a, 1, 8);
	ck_assert_int_eq(a.req.nrset, 2);
	ck_assert_int_eq(rig_ctl(1, EVL_POLL_CTLDEL, 5, 0), 0);
	ck_assert_int_eq(rig_ctl(1, EVL_POLL_CTLDEL, 5, 0), -ENOENT);
	rig_poll(&a, 1, 8);
	rig_expect(&a, 6, IN);
	ck_assert_int_eq(rig_add(1, 5, IN), 0);
}
END_TEST

START_TEST(only_evl_files_are_taken)
{
	rig_set(1);
	ck_assert_int_eq(rig_add(1, 5, IN), -EBADF);
	ck_assert_int_eq(rig_add(1, UINT32_MAX, IN), -EBADF);
	rig_file(5, true);
	rig_close(rig_mine, 5);
	ck_assert_int_eq(rig_add(1, 5, IN), -EBADF);
}
END_TEST

START_TEST(changes_are_for_the_next_wait)
{
	struct rig_file *file = rig_file(5, true), *other = rig_file(6, true);
	struct rig_wait b;

	rig_set(1);
	rig_add(1, 5, IN);
	rig_poll(&a, 1, 8);
	ck_assert_int_eq(rig_ctl(1, EVL_POLL_CTLMOD, 5, POLLOUT), 0);
	ck_assert_int_eq(rig_ctl(1, EVL_POLL_CTLMOD, 6, POLLOUT), -ENOENT);
	ck_assert_int_eq(rig_add(1, 6, IN), 0);
	rig_poll(&b, 1, 8);
	evl_signal_poll_events(&other->head, IN);
	rig_step();
	ck_assert_int_eq(a.ret, PENDING);
	rig_expect(&b, 6, IN);
	evl_signal_poll_events(&file->head, POLLOUT);
	rig_step();
	ck_assert_int_eq(a.ret, PENDING);
	ck_assert_int_eq(rig_ctl(1, EVL_POLL_CTLDEL, 5, 0), 0);
	evl_signal_poll_events(&file->head, IN);
	rig_step();
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(bad_commands_are_refused)
{
	struct evl_poll_ctlreq req = { .action = 3, .fd = 5 };

	rig_set(1);
	rig_file(5, true);
	ck_assert_int_eq(rig_ioctl(1, EVL_POLIOC_CTL, &req), -EINVAL);
	req.action = EVL_POLL_CTLADD;
	req.reserved = 1;
	ck_assert_int_eq(rig_ioctl(1, EVL_POLIOC_CTL, &req), -EINVAL);
	ck_assert_int_eq(rig_ioctl(1, EVL_POLIOC_CTL, (void *)8), -EFAULT);
	ck_assert_int_eq(rig_ioctl(1, _IO('p', 2), NULL), -ENOTTY);
}
END_TEST

START_TEST(nobody_asks_for_pollnval)
{
	struct rig_file *file = rig_file(5, true);

	rig_set(1);
	ck_assert_int_eq(rig_add(1, 5, POLLNVAL), 0);
	rig_poll(&a, 1, 8);
	ck_assert_int_eq(a.ret, PENDING);
	evl_signal_poll_events(&file->head, IN);
	rig_step();
	ck_assert_int_eq(a.ret, PENDING);
	rig_close(rig_mine, 5);
	rig_step();
	rig_expect(&a, 5, POLLNVAL);
}
END_TEST

START_TEST(a_set_cannot_contain_itself)
{
	for (unsigned int fd = 1; fd <= 3; fd++)
		rig_set(fd);
	ck_assert_int_eq(rig_add(1, 1, IN), -ELOOP);
	/* By another number of the same set neither. */
	files_bind(rig_mine, 9, files_lookup(rig_mine, 1), 4096);
	ck_assert_int_eq(rig_add(1, 9, IN), -ELOOP);

	ck_assert_int_eq(rig_add(1, 2, IN), 0);
	ck_assert_int_eq(rig_add(2, 1, IN), -ELOOP);
	ck_assert_int_eq(rig_add(2, 3, IN), 0);
	ck_assert_int_eq(rig_add(3, 1, IN), -ELOOP);
	ck_assert_int_eq(rig_add(3, 2, IN), -ELOOP);
	/* The other way round is no loop. */
	ck_assert_int_eq(rig_add(1, 3, IN), 0);
}
END_TEST

START_TEST(a_chain_built_from_the_bottom_has_four_sets)
{
	rig_file(9, true);
	for (unsigned int fd = 1; fd <= 5; fd++)
		rig_set(fd);
	ck_assert_int_eq(rig_add(1, 9, IN), 0);
	ck_assert_int_eq(rig_add(2, 1, IN), 0);
	ck_assert_int_eq(rig_add(3, 2, IN), 0);
	ck_assert_int_eq(rig_add(4, 3, IN), 0);
	ck_assert_int_eq(rig_add(5, 4, IN), -ELOOP);
	ck_assert_int_eq(rig_ctl(1, EVL_POLL_CTLDEL, 9, 0), 0);
	ck_assert_int_eq(rig_add(5, 4, IN), 0);
}
END_TEST

START_TEST(a_chain_built_from_the_top_is_as_long_as_one_likes)
{
	rig_file(9, true);
	for (unsigned int fd = 1; fd <= 5; fd++)
		rig_set(fd);
	for (unsigned int fd = 5; fd > 1; fd--)
		ck_assert_int_eq(rig_add(fd, fd - 1, IN), 0);
	ck_assert_int_eq(rig_add(1, 9, IN), 0);
	/* But never becomes a ring. */
	ck_assert_int_eq(rig_add(1, 5, IN), -ELOOP);
}
END_TEST

START_TEST(a_set_in_a_set_is_always_ready)
{
	rig_set(1);
	rig_set(2);
	ck_assert_int_eq(rig_add(1, 2, IN), 0);
	rig_poll(&a, 1, 8);
	rig_expect(&a, 2, IN);
}
END_TEST

/* 200 * 200 * 200 ways lead through these. */
START_TEST(a_search_of_a_great_tangle_comes_to_an_end)
{
	unsigned int fd;

	for (unsigned int level = 1; level <= 5; level++)
		rig_set(level);
	for (unsigned int level = 1; level < 4; level++) {
		for (unsigned int i = 0; i < 200; i++) {
			fd = 1000 * level + i;
			files_bind(rig_mine, fd, files_lookup(rig_mine, level),
				   4096);
			ck_assert_int_eq(rig_add(level + 1, fd, IN), 0);
		}
	}
	ck_assert_int_eq(rig_add(5, 4, IN), -ELOOP);
}
END_TEST

START_TEST(a_set_is_limited_and_waits_find_memory)
{
	struct rig_file *file = rig_file(1, true);

	rig_set(2);
	for (unsigned int i = 0; i < EVL_POLL_MAX_FDS; i++) {
		rig_bind(rig_mine, 100 + i, file);
		ck_assert_int_eq(rig_add(2, 100 + i, IN), 0);
	}
	ck_assert_int_eq(rig_add(2, 1, IN), -ENOMEM);
	rig_poll(&a, 2, 1);
	ck_assert_int_eq(a.ret, PENDING);
	ck_assert_uint_eq(file->head.nr_watchers, EVL_POLL_MAX_FDS);
	evl_signal_poll_events(&file->head, IN);
	rig_step();
	rig_expect(&a, 100, IN);
	ck_assert_int_eq(rig_ctl(2, EVL_POLL_CTLDEL, 100, 0), 0);
	ck_assert_int_eq(rig_add(2, 1, IN), 0);
}
END_TEST

/* All in all more than there can be at once. */
START_TEST(a_set_that_goes_takes_its_items_along)
{
	struct rig_file *file = rig_file(1, true);

	for (unsigned int i = 0; i < EVL_POLL_MAX_FDS; i++)
		rig_bind(rig_mine, 100 + i, file);
	for (unsigned int n = 0; n < 65; n++) {
		rig_set(2);
		for (unsigned int i = 0; i < EVL_POLL_MAX_FDS; i++)
			ck_assert_int_eq(rig_add(2, 100 + i, IN), 0);
		ck_assert(rig_release(2));
	}
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_descriptor_is_in_a_set_once,
		only_evl_files_are_taken,
		changes_are_for_the_next_wait,
		bad_commands_are_refused,
		nobody_asks_for_pollnval,
		a_set_cannot_contain_itself,
		a_chain_built_from_the_bottom_has_four_sets,
		a_chain_built_from_the_top_is_as_long_as_one_likes,
		a_set_in_a_set_is_always_ready,
		a_search_of_a_great_tangle_comes_to_an_end,
		a_set_is_limited_and_waits_find_memory,
		a_set_that_goes_takes_its_items_along,
	};
	Suite *suite = suite_create("core/poll-set");
	TCase *tcase = tcase_create("set");

	tcase_add_checked_fixture(tcase, rig_setup, rig_teardown);
	tcase_set_timeout(tcase, 60);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
