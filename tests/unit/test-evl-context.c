/* SPDX-License-Identifier: MIT */
/* Where one is, and what that permits: calls which may sleep, in each place
 * where code of drivers runs. */
#include "core/kthread.h"
#include "core/xbuf.h"
#include "place-rig.h"

#include <errno.h>
#include <evl/control.h>
#include <evl/device.h>
#include <linux/errno.h>

static enum place_kind kind;

static bool is_kthread(void)
{
	return kind >= PLACE_KTHREAD && kind <= PLACE_NO_IRQS;
}

static void look_around(void)
{
	const bool inband = kind == PLACE_NOWHERE || kind == PLACE_HANDLER ||
			    kind == PLACE_HANDLER_LOCK;
	const bool no_irqs = kind == PLACE_TIMER || kind == PLACE_NO_IRQS;

	ck_assert_int_eq(running_inband(), inband);
	ck_assert_int_eq(running_oob(), !inband);
	ck_assert_int_eq(evl_is_inband(), inband);
	ck_assert_int_eq(evl_in_irq(), kind == PLACE_TIMER);
	ck_assert_int_eq(evl_cannot_block(), inband || kind == PLACE_TIMER);
	ck_assert_int_eq(evl_current() != NULL,
			 kind == PLACE_REQUEST || is_kthread());
	ck_assert_int_eq(evl_current_kthread() != NULL, is_kthread());
	ck_assert(!evl_kthread_should_stop());
	ck_assert_int_eq(hard_irqs_disabled(), no_irqs);
	ck_assert_int_eq(irqs_disabled(), no_irqs);
	ck_assert(evl_is_running() && evl_enabled());
	/* What may be called anywhere, though it does nothing. */
	evl_schedule();
}

START_TEST(each_place_can_be_told)
{
	kind = (enum place_kind)_i;
	place_run(kind, look_around);
	place_leave();
}
END_TEST

/* What calls which may sleep are about: nobody ever ends these waits. */
static struct evl_wait_queue queue;
static struct evl_flag flag;
static struct evl_ksem sem;
static struct evl_kmutex mutex;
static struct evl_xbuf xbuf;
static struct evl_kthread sleeper;

static ktime_t in_an_hour(void)
{
	return evl_ktime_monotonic() + 3600 * NSEC_PER_SEC;
}

static ssize_t wait_for_event(void)
{
	return evl_wait_event(&queue, false);
}

static ssize_t wait_for_event_for_an_hour(void)
{
	return evl_wait_event_timeout(&queue, in_an_hour(), EVL_ABS, false);
}

static ssize_t add_and_schedule(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&queue.lock, flags);
	evl_add_wait_queue(&queue, EVL_INFINITE, EVL_REL);
	raw_spin_unlock_irqrestore(&queue.lock, flags);

	return evl_wait_schedule(&queue);
}

static ssize_t wait_for_flag(void)
{
	return evl_wait_flag(&flag);
}

static ssize_t wait_for_flag_for_an_hour(void)
{
	return evl_wait_flag_timeout(&flag, 3600 * NSEC_PER_SEC, EVL_REL);
}

static ssize_t down_sem(void)
{
	return evl_down(&sem);
}

static ssize_t down_sem_for_an_hour(void)
{
	return evl_down_timeout(&sem, in_an_hour());
}

static ssize_t lock_mutex(void)
{
	return evl_lock_kmutex(&mutex);
}

static ssize_t sleep_for_an_hour(void)
{
	return evl_sleep(3600 * NSEC_PER_SEC);
}

static ssize_t sleep_until_then(void)
{
	return evl_sleep_until(in_an_hour());
}

/* It tells what was left. */
static ssize_t delay_for_an_hour(void)
{
	ktime_t left = evl_delay(in_an_hour(), EVL_ABS, &evl_mono_clock);

	return left > 0 ? -EINTR : left;
}

static ssize_t wait_for_period(void)
{
	if (!evl_cannot_block())
		ck_assert_int_eq(evl_set_period(&evl_mono_clock, in_an_hour(),
						NSEC_PER_SEC),
				 0);

	return evl_wait_period(NULL);
}

static ssize_t read_xbuf(void)
{
	char byte;

	return evl_read_xbuf(&xbuf, &byte, 1, 0);
}

static ssize_t write_xbuf(void)
{
	return evl_write_xbuf(&xbuf, "x", 1, 0);
}

static ssize_t join_kthread(void)
{
	return evl_join_kthread(&sleeper, false);
}

static ssize_t join_thread(void)
{
	return evl_join_thread(&sleeper.thread, false);
}

static const struct {
	ssize_t (*call)(void);
	bool inband; /* it may sleep there as well */
} calls[] = {
	{ wait_for_event, false },
	{ wait_for_event_for_an_hour, false },
	{ add_and_schedule, false },
	{ wait_for_flag, false },
	{ wait_for_flag_for_an_hour, false },
	{ down_sem, false },
	{ down_sem_for_an_hour, false },
	{ lock_mutex, false },
	{ sleep_for_an_hour, false },
	{ sleep_until_then, false },
	{ delay_for_an_hour, false },
	{ wait_for_period, false },
	{ read_xbuf, false },
	{ write_xbuf, false },
	{ join_kthread, true },
	{ join_thread, true },
};

#define NR_CALLS ((int)(sizeof(calls) / sizeof(calls[0])))

static ssize_t (*the_call)(void);
static ssize_t ret;

static void make_the_call(void)
{
	ret = the_call();
	/* Once broken, so is every further sleep, at once. */
	if (ret == -EINTR)
		ck_assert_int_eq(the_call(), -EINTR);
}

static void sleep_with_mutex(void *arg)
{
	ck_assert_int_eq(evl_lock_kmutex(&mutex), 0);
	evl_wait_flag(arg);
}

static void setup(void)
{
	static struct evl_flag never;

	rig_setup();
	evl_init_wait(&queue, &evl_mono_clock, EVL_WAIT_PRIO);
	evl_init_flag(&flag);
	evl_init_ksem(&sem, 0);
	evl_init_kmutex(&mutex);
	ck_assert_int_eq(ring_init(&xbuf.outbound, 16, NULL), 0);
	ck_assert_int_eq(ring_init(&xbuf.inbound, 1, NULL), 0);
	ck_assert_int_eq(evl_write_xbuf(&xbuf, "x", 1, O_NONBLOCK), 1);
	evl_init_flag(&never);
	rig_run(&sleeper, 1, sleep_with_mutex, &never, 10);
}

static void teardown(void)
{
	rig_stop(&sleeper);
	ring_deinit(&xbuf.outbound);
	ring_deinit(&xbuf.inbound);
	rig_teardown();
}

/* Nobody may sleep in it, or hold a lock of its, that was refused. */
static void expect_nothing_left(void)
{
	ck_assert(!evl_wait_active(&queue));
	ck_assert(!evl_wait_active(&flag.wait));
	ck_assert(!evl_wait_active(&sem.wait));
	ck_assert(!evl_wait_active(&mutex.wait));
	ck_assert(raw_spin_trylock(&queue.lock));
	raw_spin_unlock(&queue.lock);
	ck_assert_uint_eq(pi_mutex_depth, 0);
}

START_TEST(calls_which_may_sleep_are_refused_where_nobody_may)
{
	bool may;

	the_call = calls[_i].call;
	for (int i = 0; i < NR_PLACES; i++) {
		kind = (enum place_kind)i;
		may = calls[_i].inband ? place_sleeps(kind)
				       : place_sleeps_oob(kind);
		ret = PENDING;
		place_run(kind, make_the_call);
		ck_assert_msg(ret == (may ? PENDING : -EPERM),
			      "call %d in place %d: %zd", _i, i, ret);
		if (!may)
			expect_nothing_left();
		place_leave();
		ck_assert_msg(ret == (may ? -EINTR : -EPERM),
			      "call %d in place %d: %zd", _i, i, ret);
		expect_nothing_left();
	}
}
END_TEST

/* What runs in-band when it is called for, and where none that sleep may. */

static struct evl_kthread started;
static unsigned int nr_runs;

static int answer(struct evl_sync_work *work)
{
	nr_runs++;

	return 42;
}

static ssize_t call_inband(void)
{
	struct evl_sync_work work;

	evl_init_sync_work(&work, answer);

	return evl_call_inband_sync(&work);
}

static ssize_t call_inband_from(void)
{
	struct evl_sync_work work;

	evl_init_sync_work(&work, answer);

	return evl_call_inband_sync_from(&work, system_wq);
}

static ssize_t go_in_and_out(void)
{
	static struct evl_stax stax;
	int status = evl_lock_stax(&stax);

	if (status)
		return status;

	nr_runs++;
	evl_unlock_stax(&stax);

	return 42;
}

static void run_once(void *arg)
{
	nr_runs++;
}

static ssize_t start_kthread(void)
{
	return evl_run_kthread(&started, run_once, NULL, 10, 0, "x") ?: 42;
}

static const struct {
	ssize_t (*call)(void);
	bool oob; /* not only in-band */
} quick_calls[] = {
	{ call_inband, true },
	{ call_inband_from, true },
	{ go_in_and_out, true },
	{ start_kthread, false },
};

#define NR_QUICK_CALLS ((int)(sizeof(quick_calls) / sizeof(quick_calls[0])))

START_TEST(so_are_those_which_in_band_code_makes_as_well)
{
	bool may;

	the_call = quick_calls[_i].call;
	for (int i = 0; i < NR_PLACES; i++) {
		kind = (enum place_kind)i;
		may = quick_calls[_i].oob ? place_sleeps(kind)
					  : kind == PLACE_HANDLER;
		nr_runs = 0;
		ret = PENDING;
		place_run(kind, make_the_call);
		ck_assert_msg(ret == (may ? 42 : -EPERM),
			      "call %d in place %d: %zd", _i, i, ret);
		place_leave();
		ck_assert_uint_eq(nr_runs, may);
		expect_nothing_left();
	}
}
END_TEST

/* Those which need no sleep are not, but for who is no thread. */
static void make_calls_without_sleep(void)
{
	const bool is_thread = evl_current() != NULL;

	evl_raise_flag(&flag);
	ck_assert_int_eq(evl_wait_flag(&flag), 0);
	ck_assert_int_eq(evl_wait_flag_timeout(&flag, EVL_NONBLOCK, EVL_REL),
			 -EAGAIN);
	evl_up(&sem);
	ck_assert_int_eq(evl_down(&sem), 0);
	ck_assert_int_eq(evl_down_timeout(&sem, EVL_NONBLOCK), -EAGAIN);
	ck_assert_int_eq(evl_trydown(&sem), -EAGAIN);
	ck_assert_int_eq(evl_wait_event(&queue, true), 0);
	ck_assert_int_eq(
		evl_wait_event_timeout(&queue, EVL_NONBLOCK, EVL_REL, false),
		-EAGAIN);
	ck_assert_int_eq(evl_trylock_kmutex(&mutex),
			 is_thread ? -EBUSY : -EPERM);
	ck_assert_int_eq(evl_set_period(&evl_mono_clock, 0, NSEC_PER_SEC),
			 is_thread ? 0 : -EPERM);
	ret = 0;
}

START_TEST(calls_which_do_not_sleep_are_not_refused)
{
	kind = (enum place_kind)_i;
	ret = PENDING;
	place_run(kind, make_calls_without_sleep);
	place_leave();
	ck_assert_int_eq(ret, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("core/context");
	TCase *tc = tcase_create("places");

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, each_place_can_be_told, 0, NR_PLACES);
	tcase_add_loop_test(tc,
			    calls_which_may_sleep_are_refused_where_nobody_may,
			    0, NR_CALLS);
	tcase_add_loop_test(tc, so_are_those_which_in_band_code_makes_as_well,
			    0, NR_QUICK_CALLS);
	tcase_add_loop_test(tc, calls_which_do_not_sleep_are_not_refused, 0,
			    NR_PLACES);
	suite_add_tcase(suite, tc);

	return suite_run(suite);
}
