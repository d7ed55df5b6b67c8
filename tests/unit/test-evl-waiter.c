/* SPDX-License-Identifier: MIT */
/* Those who sleep on a wait queue: in which order, who looks at them, and how
 * long they have patience. */
#include "core/kthread.h"
#include "stage/clock.h"
#include "thread-rig.h"

#include <errno.h>
#include <evl/wait.h>
#include <string.h>

#define NR_WAITERS 4
#define SECONDS(n) ((ktime_t)(n)*NSEC_PER_SEC)

static struct evl_wait_queue queue;
static struct evl_kthread threads[NR_WAITERS];
static int rets[NR_WAITERS];
static char order[64];
static bool condition;
static ktime_t timeout;
static enum evl_tmode mode;

static void setup(void)
{
	rig_setup();
	evl_init_wait(&queue, &evl_mono_clock, EVL_WAIT_PRIO);
	order[0] = '\0';
	condition = false;
	timeout = EVL_INFINITE;
	mode = EVL_REL;
}

/* Who sleeps still leaves first. */
static void teardown(void)
{
	evl_destroy_wait(&queue);
	rig_step();
	rig_teardown();
}

static void wait_for_event(void *arg)
{
	int nr = *(const char *)arg - 'a';

	rets[nr] = evl_wait_event_timeout(&queue, timeout, mode, condition);
	strcat(order, arg);
}

static char names[][2] = { "a", "b", "c", "d" };

static void start(int nr, int prio)
{
	rets[nr] = PENDING;
	ck_assert_int_eq(rig_run(&threads[nr], (unsigned int)nr % 2,
				 wait_for_event, names[nr], prio),
			 0);
}

/* By priority that is b, d, c, a. */
static void start_all(void)
{
	static const int prios[NR_WAITERS] = { 5, 30, 20, 30 };

	for (int i = 0; i < NR_WAITERS; i++)
		start(i, prios[i]);
}

static int nr_of(const struct evl_thread *thread)
{
	for (int i = 0; i < NR_WAITERS; i++)
		if (thread == &threads[i].thread)
			return i;

	return -1;
}

/* Whom one sees who looks at all of them. */
static const char *seen(void)
{
	static char letters[NR_WAITERS + 1];
	struct evl_thread *pos;
	int n = 0;

	raw_spin_lock(&queue.lock);
	evl_for_each_waiter(pos, &queue)
		letters[n++] = names[nr_of(pos)][0];
	raw_spin_unlock(&queue.lock);
	letters[n] = '\0';

	return letters;
}

static void wake_one_by_one(void)
{
	condition = true;
	for (int i = 0; i < NR_WAITERS; i++) {
		raw_spin_lock(&queue.lock);
		ck_assert_ptr_nonnull(evl_wake_up_head(&queue));
		raw_spin_unlock(&queue.lock);
		rig_step();
	}
}

START_TEST(they_are_seen_in_the_order_they_are_woken_in)
{
	static const char *const expected[] = { "abcd", "bdca" };

	evl_init_wait(&queue, &evl_mono_clock,
		      _i ? EVL_WAIT_PRIO : EVL_WAIT_FIFO);
	ck_assert_str_eq(seen(), "");
	ck_assert_ptr_null(evl_head_waiter(&queue));
	start_all();
	ck_assert_str_eq(seen(), expected[_i]);
	ck_assert_int_eq(nr_of(evl_head_waiter(&queue)), _i ? 1 : 0);
	wake_one_by_one();
	ck_assert_str_eq(order, expected[_i]);
	ck_assert_str_eq(seen(), "");
}
END_TEST

START_TEST(who_looks_at_them_may_wake_them)
{
	struct evl_thread *pos, *tmp;
	unsigned long flags;
	int nr_seen = 0;

	start_all();
	condition = true;
	raw_spin_lock_irqsave(&queue.wchan.lock, flags);
	evl_for_each_waiter_safe(pos, tmp, &queue)
		if (nr_seen++ % 2 == 0)
			ck_assert_ptr_eq(evl_wake_up(&queue, pos, 0), pos);
	raw_spin_unlock_irqrestore(&queue.wchan.lock, flags);
	ck_assert_int_eq(nr_seen, NR_WAITERS);
	ck_assert_str_eq(seen(), "da");
	rig_step();
	ck_assert_int_eq(rets[1], 0);
	ck_assert_int_eq(rets[2], 0);
	ck_assert_int_eq(rets[0], PENDING);
	ck_assert_int_eq(rets[3], PENDING);
}
END_TEST

/* By priority it goes behind its equals, by arrival it stays. */
START_TEST(who_has_a_new_priority_has_a_new_place_where_that_counts)
{
	static const char *const expected[] = { "abcd", "dabc" };

	evl_init_wait(&queue, &evl_mono_clock,
		      _i ? EVL_WAIT_PRIO : EVL_WAIT_FIFO);
	start_all();
	evl_set_kthread_priority(&threads[0], 30);
	evl_set_kthread_priority(&threads[1], 25);
	evl_set_kthread_priority(&threads[2], 1);
	rig_step();
	ck_assert_str_eq(seen(), expected[_i]);
	wake_one_by_one();
	ck_assert_str_eq(order, expected[_i]);
}
END_TEST

START_TEST(all_are_woken_by_who_has_the_lock)
{
	static const struct {
		int reason, ret;
	} cases[] = {
		{ EVL_T_BCAST, 0 },
		{ EVL_T_RMID, -EIDRM },
		{ EVL_T_NOMEM, -ENOMEM },
		{ 0, PENDING },
	};

	start_all();
	raw_spin_lock(&queue.lock);
	ck_assert_int_eq(evl_flush_wait_locked(&queue, cases[_i].reason),
			 NR_WAITERS);
	ck_assert(!evl_wait_active(&queue));
	ck_assert_int_eq(evl_flush_wait_locked(&queue, cases[_i].reason), 0);
	raw_spin_unlock(&queue.lock);
	rig_step();
	for (int i = 0; i < NR_WAITERS; i++)
		ck_assert_int_eq(rets[i], cases[_i].ret);
}
END_TEST

static struct evl_wait_queue other;

START_TEST(who_sleeps_elsewhere_is_not_woken_here)
{
	evl_init_wait(&other, &evl_mono_clock, EVL_WAIT_PRIO);
	start(0, 10);
	condition = true;
	raw_spin_lock(&other.lock);
	ck_assert_ptr_null(evl_wake_up(&other, &threads[0].thread, 0));
	raw_spin_unlock(&other.lock);
	rig_step();
	ck_assert_int_eq(rets[0], PENDING);
}
END_TEST

START_TEST(who_is_stopped_sleeps_no_more)
{
	start_all();
	for (int i = 0; i < NR_WAITERS; i++) {
		rig_stop(&threads[i]);
		ck_assert_int_eq(rets[i], -EINTR);
	}
	ck_assert_str_eq(seen(), "");
}
END_TEST

/* Patience. */

START_TEST(without_patience_nobody_sleeps)
{
	static const enum evl_tmode modes[] = { EVL_REL, EVL_ABS };

	timeout = EVL_NONBLOCK;
	for (int i = 0; i < 2; i++) {
		mode = modes[i];
		start(0, 10);
		ck_assert_int_eq(rets[0], -EAGAIN);
	}
	ck_assert(raw_spin_trylock(&queue.lock));
	raw_spin_unlock(&queue.lock);
}
END_TEST

START_TEST(date_zero_has_passed)
{
	mode = EVL_ABS;
	start(0, 10);
	ck_assert_int_eq(rets[0], -ETIMEDOUT);
	condition = true;
	start(0, 10);
	ck_assert_int_eq(rets[0], 0);
}
END_TEST

/* What the monotonic clock says, while everything else goes by the real one. */
static ktime_t now;

static ktime_t read_now(struct evl_clock *clock)
{
	return now;
}

START_TEST(a_wakeup_in_vain_renews_a_delay_but_no_date)
{
	const ktime_t begin = evl_ktime_monotonic();

	evl_mono_clock.ops.read = read_now;
	now = begin;
	mode = _i ? EVL_ABS : EVL_REL;
	timeout = SECONDS(1000) + (_i ? begin : 0);
	start(0, 10);
	ck_assert_uint_eq(rig_workers[0].timers.next_date,
			  begin + SECONDS(1000));
	now = begin + SECONDS(600);
	ck_assert_int_eq(evl_flush_wait(&queue, 0), 1);
	rig_step();
	ck_assert_int_eq(rets[0], PENDING);
	ck_assert_uint_eq(rig_workers[0].timers.next_date,
			  begin + SECONDS(_i ? 1000 : 1600));
}
END_TEST

/* Static ones, and those of a function's own. */

static DEFINE_EVL_WAIT(defined);
static struct evl_wait_queue initialized = EVL_WAIT_INITIALIZER(initialized);

static void wait_on_it(void *arg)
{
	rets[0] = evl_wait_event(arg, condition);
}

START_TEST(those_who_were_never_prepared_by_a_call_work)
{
	struct evl_wait_queue local;
	struct evl_wait_queue *const queues[] = { &defined, &initialized,
						  &local };

	memset(&local, 0xa5, sizeof(local));
	evl_init_wait_on_stack(&local, &evl_mono_clock, EVL_WAIT_PRIO);
	for (int i = 0; i < 3; i++) {
		ck_assert_ptr_eq(queues[i]->clock, &evl_mono_clock);
		ck_assert_uint_eq(queues[i]->flags, EVL_WAIT_PRIO);
		rets[0] = PENDING;
		rig_run(&threads[0], 0, wait_on_it, queues[i], 10);
		ck_assert_int_eq(rets[0], PENDING);
		evl_destroy_wait(queues[i]);
		rig_step();
		ck_assert_int_eq(rets[0], -EIDRM);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/waiter");
	TCase *tc;

#define begin_case(name)            \
	tc = tcase_create(name);    \
	suite_add_tcase(suite, tc); \
	tcase_set_timeout(tc, 60);  \
	tcase_add_checked_fixture(tc, setup, teardown)

	begin_case("who waits");
	tcase_add_loop_test(tc, they_are_seen_in_the_order_they_are_woken_in, 0,
			    2);
	tcase_add_test(tc, who_looks_at_them_may_wake_them);
	tcase_add_loop_test(
		tc, who_has_a_new_priority_has_a_new_place_where_that_counts, 0,
		2);
	tcase_add_loop_test(tc, all_are_woken_by_who_has_the_lock, 0, 4);
	tcase_add_test(tc, who_sleeps_elsewhere_is_not_woken_here);
	tcase_add_test(tc, who_is_stopped_sleeps_no_more);
	tcase_add_test(tc, those_who_were_never_prepared_by_a_call_work);

	begin_case("patience");
	tcase_add_test(tc, without_patience_nobody_sleeps);
	tcase_add_test(tc, date_zero_has_passed);
	tcase_add_loop_test(tc, a_wakeup_in_vain_renews_a_delay_but_no_date, 0,
			    2);

	return suite_run(suite);
}
