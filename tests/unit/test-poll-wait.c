/* SPDX-License-Identifier: MIT */
/* Waits on polling sets: how they end, descriptors that go, bad requests. */
#include "poll-rig.h"

#include "core/file.h"
#include "stage/clock.h"

#include <errno.h>
#include <string.h>

#define SET	 1u
#define IN	 POLLIN
#define FAR_DATE ((struct __evl_timespec){ .tv_sec = 1 << 30 })

static struct rig_wait a, b, c;

static void setup(void)
{
	rig_setup();
	rig_set(SET);
}

/* Ends of a wait. */

START_TEST(a_set_which_does_not_block_says_so)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_set_nonblock(SET);
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, -EAGAIN);
	file->ready = IN;
	rig_poll(&a, SET, 8);
	rig_expect(&a, 5, IN);
}
END_TEST

static void poll_until(struct __evl_timespec date)
{
	memset(&a, 0, sizeof(a));
	a.set_fd = SET;
	a.timeout = date;
	a.req.timeout_ptr = (uintptr_t)&a.timeout;
	a.req.pollset_ptr = (uintptr_t)a.results;
	a.req.nrset = 8;
	rig_start(&a, 10);
}

START_TEST(a_date_ends_the_wait)
{
	uint64_t date = (UINT64_C(1) << 30) * NS_PER_SEC;

	rig_watched(SET, 5, IN);
	poll_until(FAR_DATE);
	timer_run(&test_stage.timers, date - 1);
	rig_step();
	ck_assert_int_eq(a.ret, PENDING);
	timer_run(&test_stage.timers, date);
	rig_step();
	ck_assert_int_eq(a.ret, -ETIMEDOUT);

	poll_until((struct __evl_timespec){ .tv_nsec = 1 });
	ck_assert_int_eq(a.ret, -ETIMEDOUT);
	poll_until((struct __evl_timespec){ .tv_sec = -1 });
	ck_assert_int_eq(a.ret, -ETIMEDOUT);
}
END_TEST

START_TEST(what_is_ready_is_reported_however_late)
{
	rig_watched(SET, 5, IN)->ready = IN;
	poll_until((struct __evl_timespec){ .tv_nsec = 1 });
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(an_event_which_comes_as_time_is_up_is_reported)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	poll_until(FAR_DATE);
	timer_run(&test_stage.timers, UINT64_MAX - 1);
	evl_signal_poll_events(&file->head, IN);
	rig_step();
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(a_broken_wait_says_so_and_leaves_nothing)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_poll(&a, SET, 8);
	ck_assert_uint_eq(oob_file_users(file->of), 1);
	fiber_break(a.fiber);
	rig_step();
	ck_assert_int_eq(a.ret, -EINTR);
	ck_assert_uint_eq(oob_file_users(file->of), 0);
	ck_assert_uint_eq(file->head.nr_watchers, 0);
}
END_TEST

START_TEST(closing_the_set_ends_every_wait_on_it)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_poll(&a, SET, 8);
	rig_poll(&b, SET, 8);
	ck_assert(rig_release(SET));
	ck_assert_int_eq(a.ret, -EIDRM);
	ck_assert_int_eq(b.ret, -EIDRM);
	ck_assert_uint_eq(oob_file_users(file->of), 0);
}
END_TEST

/* Descriptors that go. */

START_TEST(closing_a_descriptor_ends_waits_through_that_number_only)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	/* The same file by another number, and in another process. */
	rig_bind(rig_mine, 6, file);
	rig_bind(rig_others, 5, file);
	files_bind(rig_others, SET, files_lookup(rig_mine, SET), 4096);
	rig_set(2);
	ck_assert_int_eq(rig_add(2, 6, IN), 0);
	rig_poll(&a, SET, 8);
	rig_poll(&b, 2, 8);
	memset(&c, 0, sizeof(c));
	c = (struct rig_wait){ .set_fd = SET, .files = rig_others };
	c.req.timeout_ptr = (uintptr_t)&c.timeout;
	c.req.pollset_ptr = (uintptr_t)c.results;
	c.req.nrset = 8;
	rig_start(&c, 10);

	rig_close(rig_mine, 5);
	rig_step();
	rig_expect(&a, 5, POLLNVAL);
	ck_assert_int_eq(b.ret, PENDING);
	ck_assert_int_eq(c.ret, PENDING);
	/* Those who are left take turns. */
	rig_signal(file, IN);
	rig_expect(&c, 5, IN);
	rig_signal(file, IN);
	rig_expect(&b, 6, IN);
}
END_TEST

START_TEST(a_descriptor_that_is_replaced_ends_waits_too)
{
	struct rig_file *old = rig_watched(SET, 5, IN),
			*new = rig_file(6, true);

	rig_poll(&a, SET, 8);
	rig_bind(rig_mine, 5, new);
	rig_step();
	rig_expect(&a, 5, POLLNVAL);
	ck_assert_uint_eq(oob_file_users(old->of), 0);

	/* The next wait is for the new one. */
	rig_poll(&a, SET, 8);
	rig_signal(old, IN);
	ck_assert_int_eq(a.ret, PENDING);
	rig_signal(new, IN);
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(events_of_a_descriptor_that_went_are_passed_on)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_bind(rig_mine, 6, file);
	rig_set(2);
	ck_assert_int_eq(rig_add(2, 6, IN), 0);
	rig_poll(&b, 2, 8);
	rig_poll(&a, SET, 8);
	evl_signal_poll_events(&file->head, IN);
	rig_close(rig_mine, 5);
	rig_step();
	rig_expect(&a, 5, POLLNVAL);
	rig_expect(&b, 6, IN);
}
END_TEST

START_TEST(who_polls_a_file_does_not_hold_up_its_release)
{
	rig_watched(SET, 5, IN);
	rig_poll(&a, SET, 8);
	ck_assert(rig_release(5));
	rig_expect(&a, 5, POLLNVAL);
}
END_TEST

START_TEST(a_stale_descriptor_is_an_error_and_stays)
{
	struct rig_file *file = rig_watched(SET, 6, IN);

	rig_watched(SET, 5, IN);
	file->ready = IN;
	rig_close(rig_mine, 5);
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, -EBADF);
	ck_assert_uint_eq(file->head.nr_watchers, 0);
	ck_assert_uint_eq(file->nr_asked, 0);
	ck_assert_int_eq(rig_ctl(SET, EVL_POLL_CTLDEL, 5, 0), 0);
	rig_poll(&a, SET, 8);
	rig_expect(&a, 6, IN);
}
END_TEST

static void close_while_asked(struct rig_file *file, struct oob_poll_wait *wait)
{
	evl_poll_watch(&file->head, wait, NULL);
	rig_close(rig_mine, 5);
}

START_TEST(a_descriptor_that_goes_before_it_sleeps_is_noticed)
{
	rig_watched(SET, 5, IN)->watch = close_while_asked;
	rig_poll(&a, SET, 8);
	rig_expect(&a, 5, POLLNVAL);
}
END_TEST

/* Descriptors which are not known, and the caller's process is asked about. */

static struct rig_file *kept, *instead;
static int nr_asked, answer;

static int be_asked(unsigned int fd, uint64_t deadline)
{
	/* Meanwhile nobody's release has to wait. */
	ck_assert_uint_eq(oob_file_users(kept->of), 0);
	nr_asked++;
	if (answer == 0)
		rig_bind(rig_mine, fd, instead);

	return answer;
}

START_TEST(a_descriptor_that_came_back_is_asked_for)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	kept = rig_watched(SET, 6, IN);
	rig_watched(SET, 7, IN);
	instead = rig_file(9, true);
	oob_file_set_asker(be_asked);
	rig_poll(&a, SET, 8);
	rig_signal(file, IN);
	rig_expect(&a, 5, IN);
	ck_assert_int_eq(nr_asked, 0);

	rig_close(rig_mine, 5);
	rig_close(rig_mine, 7);
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, PENDING);
	ck_assert_int_eq(nr_asked, 2);
	ck_assert_uint_eq(oob_file_users(kept->of), 1);
	rig_signal(file, IN);
	ck_assert_int_eq(a.ret, PENDING);
	rig_signal(kept, IN);
	rig_expect(&a, 6, IN);

	rig_poll(&a, SET, 1);
	evl_signal_poll_events(&instead->head, IN);
	rig_step();
	ck_assert_int_eq(a.ret, 0);
	ck_assert_int_eq(a.req.nrset, 1);
	ck_assert_int_eq(nr_asked, 2);
}
END_TEST

START_TEST(what_comes_of_asking_is_what_comes_of_the_wait)
{
	static const int answers[] = { -EBADF, -EINTR, -EIDRM };

	rig_watched(SET, 5, IN);
	kept = rig_watched(SET, 6, IN);
	kept->ready = IN;
	rig_close(rig_mine, 5);
	oob_file_set_asker(be_asked);
	for (int i = 0; i < 3; i++) {
		answer = answers[i];
		rig_poll(&a, SET, 8);
		ck_assert_int_eq(a.ret, answer);
		ck_assert_int_eq(nr_asked, i + 1);
		ck_assert_uint_eq(kept->head.nr_watchers, 0);
	}
}
END_TEST

/* Some are attached; then this one's turn comes. */
static void close_soon(void *arg)
{
	fiber_yield();
	rig_close(rig_mine, *(unsigned int *)arg);
}

START_TEST(what_was_signaled_before_asking_is_no_news)
{
	unsigned int last = 10;

	rig_watched(SET, 5, IN);
	for (int i = 0; i < 70; i++)
		kept = rig_watched(SET, last++, IN);
	rig_watched(SET, last, IN);
	rig_close(rig_mine, 5);
	instead = rig_file(9, true);
	oob_file_set_asker(be_asked);
	test_fiber(close_soon, &last, 10);
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(nr_asked, 2);
	ck_assert_int_eq(a.ret, PENDING);
	rig_signal(kept, IN);
	rig_expect(&a, last - 1, IN);
}
END_TEST

/* Bad requests. */

START_TEST(bad_waits_are_refused)
{
	struct rig_file *file;

	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, -EINVAL); /* empty */
	rig_poll(&a, SET, -1);
	ck_assert_int_eq(a.ret, -EINVAL);
	rig_poll(&a, SET, 0);
	ck_assert_int_eq(a.ret, 0);

	file = rig_watched(SET, 5, IN);
	file->ready = IN;
	rig_poll(&a, SET, 0);
	ck_assert_int_eq(a.ret, 0);
	ck_assert_int_eq(a.req.nrset, 0);
	poll_until((struct __evl_timespec){ .tv_nsec = 1000000000 });
	ck_assert_int_eq(a.ret, -EINVAL);
	poll_until((struct __evl_timespec){ .tv_nsec = -1 });
	ck_assert_int_eq(a.ret, -EINVAL);
	ck_assert_int_eq(rig_ioctl(SET, EVL_POLIOC_WAIT, (void *)8), -EFAULT);

	a.timeout = NO_LIMIT;
	a.req.pollset_ptr = 8;
	rig_start(&a, 10);
	ck_assert_int_eq(a.ret, -EFAULT);
	a.req.timeout_ptr = 8;
	rig_start(&a, 10);
	ck_assert_int_eq(a.ret, -EFAULT);
	a.req.timeout_ptr = 0;
	rig_start(&a, 10);
	ck_assert_int_eq(a.ret, -EFAULT);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		a_set_which_does_not_block_says_so,
		a_date_ends_the_wait,
		what_is_ready_is_reported_however_late,
		an_event_which_comes_as_time_is_up_is_reported,
		a_broken_wait_says_so_and_leaves_nothing,
		closing_the_set_ends_every_wait_on_it,
		closing_a_descriptor_ends_waits_through_that_number_only,
		a_descriptor_that_is_replaced_ends_waits_too,
		events_of_a_descriptor_that_went_are_passed_on,
		who_polls_a_file_does_not_hold_up_its_release,
		a_stale_descriptor_is_an_error_and_stays,
		a_descriptor_that_goes_before_it_sleeps_is_noticed,
		a_descriptor_that_came_back_is_asked_for,
		what_comes_of_asking_is_what_comes_of_the_wait,
		what_was_signaled_before_asking_is_no_news,
		bad_waits_are_refused,
	};
	Suite *suite = suite_create("core/poll-wait");
	TCase *tcase = tcase_create("poll");

	tcase_add_checked_fixture(tcase, setup, rig_teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
