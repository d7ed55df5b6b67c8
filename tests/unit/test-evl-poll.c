/* SPDX-License-Identifier: MIT */
/* Poll heads: levels and edges, and who is told of what. */
#include "poll-rig.h"

#include "core/poll-head.h"
#include "stage/inband.h"

#include <errno.h>
#include <string.h>

#define SET 1u
#define IN  POLLIN
#define OUT POLLOUT

static struct rig_wait a, b, c;

static void setup(void)
{
	rig_setup();
	rig_set(SET);
}

/* Levels. */

START_TEST(what_is_ready_is_reported_at_once)
{
	struct rig_file *file = rig_watched(SET, 5, IN | OUT);

	file->ready = IN | POLLRDNORM;
	rig_poll(&a, SET, 8);
	rig_expect(&a, 5, IN);
	ck_assert_uint_eq(file->nr_asked, 1);
}
END_TEST

START_TEST(the_last_added_come_first_up_to_the_room_there_is)
{
	for (unsigned int fd = 5; fd < 9; fd++)
		rig_watched(SET, fd, IN)->ready = IN;
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, 0);
	ck_assert_int_eq(a.req.nrset, 4);
	for (unsigned int i = 0; i < 4; i++)
		ck_assert_uint_eq(a.results[i].fd, 8 - i);

	rig_poll(&a, SET, 2);
	ck_assert_int_eq(a.req.nrset, 2);
	ck_assert_uint_eq(a.results[1].fd, 7);
	ck_assert_uint_eq(a.results[2].fd, 0);
}
END_TEST

START_TEST(errors_are_reported_unasked_and_nothing_else_is)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	file->ready = OUT | POLLERR | POLLHUP | POLLNVAL;
	rig_poll(&a, SET, 8);
	rig_expect(&a, 5, POLLERR | POLLHUP | POLLNVAL);
	file->ready = OUT;
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, PENDING);
	rig_signal(file, OUT);
	ck_assert_int_eq(a.ret, PENDING);
	rig_signal(file, POLLHUP);
	rig_expect(&a, 5, POLLHUP);
}
END_TEST

START_TEST(a_file_without_a_handler_is_always_ready)
{
	rig_file(5, false);
	ck_assert_int_eq(
		rig_add(SET, 5, IN | OUT | POLLRDNORM | POLLWRNORM | POLLPRI),
		0);
	rig_poll(&a, SET, 8);
	rig_expect(&a, 5, IN | OUT | POLLRDNORM | POLLWRNORM);
}
END_TEST

/* Edges. */

START_TEST(what_came_while_asleep_is_reported_though_it_is_gone)
{
	struct rig_file *file = rig_watched(SET, 5, IN | OUT | POLLPRI);

	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, PENDING);
	evl_signal_poll_events(&file->head, IN | POLLRDNORM);
	evl_signal_poll_events(&file->head, OUT);
	rig_step();
	rig_expect(&a, 5, IN | OUT);
	ck_assert_uint_eq(file->nr_asked, 1);
}
END_TEST

START_TEST(several_files_are_reported_together)
{
	struct rig_file *first = rig_watched(SET, 5, IN),
			*second = rig_watched(SET, 6, IN);

	rig_watched(SET, 7, IN);
	rig_poll(&a, SET, 8);
	evl_signal_poll_events(&first->head, IN);
	evl_signal_poll_events(&second->head, IN);
	rig_step();
	ck_assert_int_eq(a.req.nrset, 2);
	ck_assert_uint_eq(a.results[0].fd, 6);
	ck_assert_uint_eq(a.results[1].fd, 5);
}
END_TEST

static void ready_after_watching(struct rig_file *file,
				 struct oob_poll_wait *wait)
{
	evl_poll_watch(&file->head, wait, NULL);
	/* As another processor would, before the handler looks. */
	evl_signal_poll_events(&file->head, IN);
}

START_TEST(what_comes_before_it_sleeps_keeps_it_awake)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	file->watch = ready_after_watching;
	rig_poll(&a, SET, 8);
	rig_expect(&a, 5, IN);
	rig_set_nonblock(SET);
	rig_poll(&a, SET, 8);
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(nobody_watching_is_no_harm)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_signal(file, IN);
	/* Not remembered. */
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, PENDING);
	rig_signal(file, IN);
	rig_expect(&a, 5, IN);

	memset(&file->head, 0, sizeof(file->head));
	rig_signal(file, IN);
	rig_poll(&a, SET, 8);
	rig_signal(file, IN);
	rig_expect(&a, 5, IN);
}
END_TEST

/* Who is told. */

START_TEST(each_event_is_told_to_who_came_last)
{
	struct rig_file *file = rig_watched(SET, 5, IN | OUT);

	rig_poll(&a, SET, 8);
	rig_poll(&b, SET, 8);
	rig_poll(&c, SET, 8);
	rig_signal(file, IN);
	rig_expect(&c, 5, IN);
	ck_assert_int_eq(b.ret, PENDING);
	rig_signal(file, IN);
	rig_expect(&b, 5, IN);
	ck_assert_int_eq(a.ret, PENDING);
	rig_signal(file, IN);
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(different_bits_go_to_those_who_want_them)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_set(2);
	ck_assert_int_eq(rig_add(2, 5, OUT), 0);
	rig_poll(&a, 2, 8);
	rig_poll(&b, SET, 8);
	rig_poll(&c, SET, 8);
	rig_signal(file, IN | OUT);
	rig_expect(&a, 5, OUT);
	rig_expect(&c, 5, IN);
	ck_assert_int_eq(b.ret, PENDING);
	rig_signal(file, IN);
}
END_TEST

START_TEST(who_was_told_and_did_not_run_yet_need_not_be_told_again)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_poll(&a, SET, 8);
	rig_poll(&b, SET, 8);
	evl_signal_poll_events(&file->head, IN);
	evl_signal_poll_events(&file->head, IN);
	rig_step();
	rig_expect(&b, 5, IN);
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(errors_are_told_to_all)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_poll(&a, SET, 8);
	rig_poll(&b, SET, 8);
	rig_signal(file, POLLERR);
	rig_expect(&a, 5, POLLERR);
	rig_expect(&b, 5, POLLERR);
}
END_TEST

static unsigned int told_events, nr_told;

static void note_told(struct oob_poll_wait *wait, unsigned int events)
{
	told_events = events;
	nr_told++;
}

/* On behalf of others, who are elsewhere. */
START_TEST(one_that_is_told_is_told_each_time)
{
	struct evl_poll_head head;
	struct oob_poll_wait wait;

	evl_init_poll_head(&head);
	poll_wait_begin_told(&wait, note_told);
	evl_poll_watch(&head, &wait, NULL);
	for (unsigned int i = 1; i <= 3; i++) {
		evl_signal_poll_events(&head, IN | POLLERR);
		ck_assert_uint_eq(nr_told, i);
		ck_assert_uint_eq(told_events, IN | POLLERR);
	}
	poll_wait_end(&wait, true);
	evl_signal_poll_events(&head, IN);
	ck_assert_uint_eq(nr_told, 3);
}
END_TEST

START_TEST(everything_is_told_to_all_if_so_chosen)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	poll_tell_all(true);
	rig_poll(&a, SET, 8);
	rig_poll(&b, SET, 8);
	rig_signal(file, IN);
	rig_expect(&a, 5, IN);
	rig_expect(&b, 5, IN);
}
END_TEST

START_TEST(who_is_broken_passes_on_what_it_was_told)
{
	struct rig_file *file = rig_watched(SET, 5, IN);

	rig_poll(&a, SET, 8);
	rig_poll(&b, SET, 8);
	evl_signal_poll_events(&file->head, IN);
	fiber_break(b.fiber);
	rig_step();
	ck_assert_int_eq(b.ret, -EINTR);
	rig_expect(&a, 5, IN);
}
END_TEST

START_TEST(what_does_not_fit_into_the_report_is_passed_on)
{
	struct rig_file *first = rig_watched(SET, 5, IN),
			*second = rig_watched(SET, 6, IN);

	rig_poll(&a, SET, 8);
	rig_poll(&b, SET, 1);
	evl_signal_poll_events(&first->head, IN);
	evl_signal_poll_events(&second->head, IN);
	rig_step();
	rig_expect(&b, 6, IN);
	rig_expect(&a, 5, IN);
}
END_TEST

/* Heads. */

static struct evl_poll_head heads[6];
static int nr_unwatched;

static void unwatched(struct evl_poll_head *head)
{
	ck_assert(!raw_spin_trylock(&head->lock));
	nr_unwatched++;
}

static void watch_many(struct rig_file *file, struct oob_poll_wait *wait)
{
	evl_poll_watch(&heads[0], wait, unwatched);
	evl_poll_watch(&heads[0], wait, unwatched);
	for (unsigned int i = 1; i < 6; i++)
		evl_poll_watch(&heads[i], wait, unwatched);
}

START_TEST(four_heads_are_watched_each_once)
{
	for (unsigned int i = 0; i < 6; i++)
		evl_init_poll_head(&heads[i]);
	nr_unwatched = 0;
	rig_watched(SET, 5, IN | OUT)->watch = watch_many;
	rig_poll(&a, SET, 8);
	evl_signal_poll_events(&heads[4], IN);
	evl_signal_poll_events(&heads[5], IN);
	rig_step();
	ck_assert_int_eq(a.ret, PENDING);
	ck_assert_int_eq(nr_unwatched, 0);
	evl_signal_poll_events(&heads[0], OUT);
	evl_signal_poll_events(&heads[3], IN);
	rig_step();
	rig_expect(&a, 5, IN | OUT);
	ck_assert_int_eq(nr_unwatched, 4);
	for (unsigned int i = 0; i < 6; i++)
		ck_assert(list_empty(&heads[i].watchers));
}
END_TEST

static DEFINE_EVL_POLLHEAD(defined);
static struct evl_poll_head initialized = EVL_POLLHEAD_INITIALIZER(initialized);

static void watch_static_ones(struct rig_file *file, struct oob_poll_wait *wait)
{
	evl_poll_watch(&defined, wait, NULL);
	evl_poll_watch(&initialized, wait, NULL);
}

START_TEST(static_heads_work)
{
	evl_signal_poll_events(&defined, IN); /* nobody watches */
	rig_watched(SET, 5, IN | OUT)->watch = watch_static_ones;
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, PENDING);
	evl_signal_poll_events(&defined, IN);
	evl_signal_poll_events(&initialized, OUT);
	rig_step();
	rig_expect(&a, 5, IN | OUT);
	ck_assert_int_eq(EVL_POLL_NR_CONNECTORS, 4);
}
END_TEST

/* Who signals on a fiber, as handlers do; on none, as functions of timers do;
 * with a lock held; in-band. */

static struct evl_poll_head *head_to_signal;
static hard_spinlock_t lock_to_hold;

static void signal_it(void *arg)
{
	evl_signal_poll_events(head_to_signal, IN);
}

static void signal_on_fiber(void)
{
	test_fiber(signal_it, NULL, 99);
}

static void signal_on_none(void)
{
	signal_it(NULL);
}

static void signal_with_lock(void)
{
	raw_spin_lock(&lock_to_hold);
	signal_it(NULL);
	raw_spin_unlock(&lock_to_hold);
}

static void signal_inband(void)
{
	stage_leave(&test_stage);
	stage_enter(&inband_stage);
	signal_it(NULL);
	stage_leave(&inband_stage);
	stage_enter(&test_stage);
}

START_TEST(events_are_signaled_from_anywhere)
{
	void (*const places[])(void) = {
		signal_on_fiber,
		signal_on_none,
		signal_with_lock,
		signal_inband,
	};
	struct rig_file *file = rig_watched(SET, 5, IN);

	head_to_signal = &file->head;
	rig_poll(&a, SET, 8);
	places[_i]();
	rig_step();
	rig_expect(&a, 5, IN);
}
END_TEST

static struct oob_poll_queue neutral;

static void watch_neutral(struct rig_file *file, struct oob_poll_wait *wait)
{
	poll_wait_oob(&neutral, wait);
}

START_TEST(newer_names_do_the_same)
{
	init_oob_poll_queue(&neutral);
	rig_watched(SET, 5, IN)->watch = watch_neutral;
	rig_poll(&a, SET, 8);
	ck_assert_int_eq(a.ret, PENDING);
	poll_signal_oob(&neutral, IN);
	rig_step();
	rig_expect(&a, 5, IN);
}
END_TEST

int main(void)
{
	const TTest *const tests[] = {
		what_is_ready_is_reported_at_once,
		the_last_added_come_first_up_to_the_room_there_is,
		errors_are_reported_unasked_and_nothing_else_is,
		a_file_without_a_handler_is_always_ready,
		what_came_while_asleep_is_reported_though_it_is_gone,
		several_files_are_reported_together,
		what_comes_before_it_sleeps_keeps_it_awake,
		nobody_watching_is_no_harm,
		each_event_is_told_to_who_came_last,
		different_bits_go_to_those_who_want_them,
		who_was_told_and_did_not_run_yet_need_not_be_told_again,
		errors_are_told_to_all,
		one_that_is_told_is_told_each_time,
		everything_is_told_to_all_if_so_chosen,
		who_is_broken_passes_on_what_it_was_told,
		what_does_not_fit_into_the_report_is_passed_on,
		four_heads_are_watched_each_once,
		static_heads_work,
		newer_names_do_the_same,
	};
	Suite *suite = suite_create("core/poll-head");
	TCase *tcase = tcase_create("poll");

	tcase_add_checked_fixture(tcase, setup, rig_teardown);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		tcase_add_test(tcase, tests[i]);
	tcase_add_loop_test(tcase, events_are_signaled_from_anywhere, 0, 4);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
