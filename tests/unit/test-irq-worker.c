/* SPDX-License-Identifier: MIT */
/* Interrupts and other threads: who raises them, and the worker which has handlers. */
#include "inband-rig.h"
#include "irq-rig.h"
#include "suite.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>

static int nr_calls;

#define NR_RAISED 1000

static _Atomic(int) nr_raised;
static int nr_seen;
static bool saw_all;

static irqreturn_t see(int irq, void *dev_id)
{
	nr_seen = nr_raised;
	saw_all = nr_seen == 2 * NR_RAISED;

	return IRQ_HANDLED;
}

static void *raise_many(void *arg)
{
	for (int i = 0; i < NR_RAISED; i++) {
		nr_raised++;
		raise_it(LINE);
	}

	return NULL;
}

START_TEST(any_thread_may_raise_it_and_none_is_lost)
{
	pthread_t threads[2];

	ck_assert_int_eq(request_irq(LINE, see, 0, "", NULL), 0);
	for (int i = 0; i < 2; i++)
		pthread_create(&threads[i], NULL, raise_many, NULL);
	inband_await(&saw_all);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	free_irq(LINE, NULL);
}
END_TEST

/* Out-of-band, on the test's own thread. */
static irqreturn_t note_oob(int irq, void *dev_id)
{
	ck_assert_ptr_eq(stage_self, &test_stage);
	ck_assert(irqs_disabled());
	ck_assert_ptr_null(fiber_current());
	nr_calls++;

	return IRQ_WAKE_THREAD; /* there is none */
}

static void oob_setup(void)
{
	test_stage_setup();
	irq_set_worker(&test_stage);
}

static void oob_teardown(void)
{
	irq_set_worker(NULL);
	test_stage_teardown();
}

START_TEST(an_oob_handler_runs_on_the_worker)
{
	ck_assert_int_eq(request_irq(LINE, note_oob, IRQF_OOB, "", &nr_calls),
			 0);
	raise_it(LINE);
	raise_it(LINE);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(nr_calls, 1);
	ck_assert(!irqs_disabled());
	disable_irq(LINE);
	raise_it(LINE);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(nr_calls, 1);
	enable_irq(LINE);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(nr_calls, 2);
	free_irq(LINE, &nr_calls);
	raise_it(LINE);
	stage_run_until_idle(&test_stage);
	ck_assert_int_eq(nr_calls, 2);
}
END_TEST

/* A worker on a thread of its own, and who frees what its handlers use. */
static _Atomic(bool) enough;
static sem_t entered;

struct device_data {
	int count;
};

static irqreturn_t use_data(int irq, void *dev_id)
{
	struct device_data *data = dev_id;

	sem_post(&entered);
	for (int i = 0; i < 10; i++) {
		data->count++;
		sched_yield();
	}

	return IRQ_HANDLED;
}

static void no_kick(struct stage *stage)
{
}

static struct stage own_stage;

static void *run_worker(void *arg)
{
	stage_enter(&own_stage);
	while (!enough) {
		stage_run_until_idle(&own_stage);
		sched_yield();
	}
	stage_leave(&own_stage);

	return NULL;
}

START_TEST(what_a_handler_uses_may_be_freed_after_the_interrupt)
{
	pthread_t thread;

	sem_init(&entered, 0, 0);
	stage_init(&own_stage, "own", true, no_kick);
	irq_set_worker(&own_stage);
	pthread_create(&thread, NULL, run_worker, NULL);
	for (int i = 0; i < 200; i++) {
		struct device_data *data = calloc(1, sizeof(*data));

		ck_assert_int_eq(
			request_irq(LINE, use_data, IRQF_OOB, "", data), 0);
		raise_it(LINE);
		sem_wait(&entered);
		free_irq(LINE, data);
		ck_assert_int_eq(data->count, 10);
		free(data);
	}
	enough = true;
	pthread_join(thread, NULL);
	irq_set_worker(NULL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/irq-worker");
	TCase *tcase = tcase_create("inband");

	tcase_add_checked_fixture(tcase, inband_setup, inband_teardown);
	tcase_add_test(tcase, any_thread_may_raise_it_and_none_is_lost);
	tcase_add_test(tcase,
		       what_a_handler_uses_may_be_freed_after_the_interrupt);
	suite_add_tcase(suite, tcase);

	tcase = tcase_create("oob");
	tcase_add_checked_fixture(tcase, oob_setup, oob_teardown);
	tcase_add_test(tcase, an_oob_handler_runs_on_the_worker);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
