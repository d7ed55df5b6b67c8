/* SPDX-License-Identifier: MIT */
/* Interrupts with a function which runs on a fiber, and may sleep. */
#include "inband-rig.h"
#include "irq-rig.h"

#include <linux/completion.h>

static int nr_calls, nr_thread_calls;
static irqreturn_t answer;

static irqreturn_t note(int irq, void *dev_id)
{
	ck_assert_ptr_null(fiber_current());
	nr_calls++;

	return answer;
}

static struct completion go;

static irqreturn_t wait_and_note(int irq, void *dev_id)
{
	ck_assert_ptr_nonnull(fiber_current());
	ck_assert_ptr_eq(dev_id, &go);
	wait_for_completion(&go);
	nr_thread_calls++;

	return IRQ_HANDLED;
}

static void request_threads(unsigned long flags, bool handler)
{
	init_completion(&go);
	answer = IRQ_WAKE_THREAD;
	ck_assert_int_eq(request_threaded_irq(LINE, handler ? note : NULL,
					      wait_and_note, flags, "", &go),
			 0);
}

static bool freed;

static void free_it(void *arg)
{
	ck_assert_ptr_nonnull(free_irq(LINE, &go));
	freed = true;
}

static void sync_it(void *arg)
{
	disable_irq(LINE);
	freed = true;
}

START_TEST(a_thread_runs_in_band_and_once_more_for_what_came)
{
	request_threads(0, true);
	raise_it(LINE);
	inband_step();
	for (int i = 0; i < 3; i++) {
		raise_it(LINE);
		inband_step();
	}
	ck_assert_int_eq(nr_calls, 4);
	ck_assert_int_eq(nr_thread_calls, 0);
	complete_all(&go);
	inband_step();
	ck_assert_int_eq(nr_thread_calls, 2);
	answer = IRQ_HANDLED;
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_thread_calls, 2);
	inband_fiber(free_it, NULL);
	inband_step();
	ck_assert(freed);
}
END_TEST

START_TEST(a_oneshot_line_waits_for_its_thread)
{
	request_threads(IRQF_ONESHOT, _i);
	raise_it(LINE);
	inband_step();
	raise_it(LINE);
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, _i);
	complete(&go);
	inband_step();
	ck_assert_int_eq(nr_thread_calls, 1);
	ck_assert_int_eq(nr_calls, _i ? 2 : 0);
	complete(&go);
	inband_step();
	ck_assert_int_eq(nr_thread_calls, 2);
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, _i ? 3 : 0);
	complete_all(&go);
	inband_fiber(free_it, NULL);
	inband_step();
	ck_assert(freed);
}
END_TEST

/* By free_irq() and by disable_irq(). */
START_TEST(threads_are_waited_for)
{
	request_threads(IRQF_ONESHOT, true);
	raise_it(LINE);
	inband_step();
	inband_fiber(_i ? free_it : sync_it, NULL);
	inband_step();
	ck_assert(!freed);
	complete_all(&go);
	inband_step();
	ck_assert(freed);
	ck_assert_int_eq(nr_thread_calls, 1);
	if (_i == 0)
		inband_fiber(free_it, NULL);
	inband_step();
	/* The next one is not held back. */
	ck_assert_int_eq(request_irq(LINE, note, 0, "", NULL), 0);
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 2);
	free_irq(LINE, NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/irq-thread");
	TCase *tcase = tcase_create("inband");

	tcase_add_checked_fixture(tcase, inband_setup, inband_teardown);
	tcase_add_test(tcase,
		       a_thread_runs_in_band_and_once_more_for_what_came);
	tcase_add_loop_test(tcase, a_oneshot_line_waits_for_its_thread, 0, 2);
	tcase_add_loop_test(tcase, threads_are_waited_for, 0, 2);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
