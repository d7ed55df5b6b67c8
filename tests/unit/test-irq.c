/* SPDX-License-Identifier: MIT */
/* Interrupts which software raises: in-band, with threads, and out-of-band. */
#include "inband-rig.h"
#include "irq-rig.h"

#include <limits.h>
#include <linux/interrupt.h>
#include <linux/irqdomain.h>
#include <linux/percpu.h>

static int nr_calls, last_irq;
static void *last_dev;
static irqreturn_t answer;

static irqreturn_t note(int irq, void *dev_id)
{
	ck_assert_ptr_null(fiber_current());
	nr_calls++;
	last_irq = irq;
	last_dev = dev_id;

	return answer;
}

static irqreturn_t other(int irq, void *dev_id)
{
	return IRQ_NONE;
}

static void setup(void)
{
	answer = IRQ_HANDLED;
	inband_setup();
}

START_TEST(what_came_before_it_ran_is_one_call)
{
	int dev;

	raise_it(LINE); /* nobody's */
	ck_assert_int_eq(request_irq(LINE, note, 0, "it", &dev), 0);
	inband_step();
	ck_assert_int_eq(nr_calls, 0);
	raise_it(LINE);
	raise_it(LINE);
	ck_assert_int_eq(nr_calls, 0);
	inband_step();
	ck_assert_int_eq(nr_calls, 1);
	ck_assert_int_eq(last_irq, LINE);
	ck_assert_ptr_eq(last_dev, &dev);
	ck_assert_int_eq(irq_inject_pipeline(LINE), 0);
	inband_step();
	ck_assert_int_eq(nr_calls, 2);

	raise_it(LINE);
	ck_assert_str_eq(free_irq(LINE, &dev), "it");
	inband_step();
	ck_assert_int_eq(nr_calls, 2);
	ck_assert_ptr_null(free_irq(LINE, &dev));
}
END_TEST

START_TEST(there_are_no_other_numbers)
{
	const unsigned int none[] = { 0, NR_SIM_IRQS + 1, NR_IRQS - 1, NR_IRQS,
				      UINT_MAX };

	for (unsigned int i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		ck_assert_int_eq(generic_handle_irq(none[i]), -EINVAL);
		ck_assert_int_eq(irq_inject_pipeline(none[i]), -EINVAL);
		ck_assert_int_eq(irq_set_irq_type(none[i], 1), -EINVAL);
		ck_assert_uint_eq(irq_get_trigger_type(none[i]), 0);
		ck_assert_int_eq(request_irq(none[i], note, 0, "", NULL),
				 -EINVAL);
		ck_assert_int_eq(
			__request_percpu_irq(none[i], note, 0, "", &answer),
			-EINVAL);
		ck_assert_ptr_null(free_irq(none[i], NULL));
		irq_post_inband(none[i]);
		disable_irq(none[i]);
		enable_irq(none[i]);
		irq_dispose_mapping(none[i]);
	}
	ck_assert_uint_eq(irq_create_direct_mapping(NULL), 0);
}
END_TEST

START_TEST(a_request_must_make_sense)
{
	int dev;

	/* No function. */
	ck_assert_int_eq(request_irq(LINE, NULL, 0, "", &dev), -EINVAL);
	/* Nothing to tell it by. */
	ck_assert_int_eq(request_irq(LINE, note, IRQF_SHARED, "", NULL),
			 -EINVAL);
	ck_assert_int_eq(
		request_irq(LINE, note, IRQF_SHARED | IRQF_NO_AUTOEN, "", &dev),
		-EINVAL);
	/* A thread alone, which it would overrun. */
	ck_assert_int_eq(request_threaded_irq(LINE, NULL, note, 0, "", &dev),
			 -EINVAL);
	ck_assert_int_eq(
		request_threaded_irq(LINE, note, note, IRQF_OOB, "", &dev),
		-EINVAL);
	/* A simulated line is nobody's per CPU. */
	ck_assert_int_eq(__request_percpu_irq(LINE, note, 0, "", &dev),
			 -EINVAL);
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 0);
}
END_TEST

START_TEST(a_line_is_shared_by_those_who_say_so)
{
	const unsigned long unlike[] = {
		0,
		IRQF_SHARED | IRQF_OOB,
		IRQF_SHARED | IRQF_ONESHOT,
		IRQF_SHARED | IRQF_TRIGGER_FALLING,
	};
	int devs[3];

	ck_assert_int_eq(request_irq(LINE, note, 0, "", &devs[0]), 0);
	ck_assert_int_eq(request_irq(LINE, note, IRQF_SHARED, "", &devs[1]),
			 -EBUSY);
	free_irq(LINE, &devs[0]);

	ck_assert_int_eq(request_irq(LINE, note, IRQF_SHARED, "0", &devs[0]),
			 0);
	for (int i = 0; i < 4; i++)
		ck_assert_int_eq(
			request_irq(LINE, note, unlike[i], "", &devs[2]),
			-EBUSY);
	ck_assert_int_eq(request_irq(LINE, other, IRQF_SHARED, "1", &devs[1]),
			 0);
	ck_assert_int_eq(request_irq(LINE, note, IRQF_SHARED, "2", &devs[2]),
			 0);
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 2);
	ck_assert_ptr_eq(last_dev, &devs[2]);
	ck_assert_str_eq(free_irq(LINE, &devs[2]), "2");
	ck_assert_str_eq(free_irq(LINE, &devs[1]), "1");
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 3);
	ck_assert_ptr_eq(last_dev, &devs[0]);
	free_irq(LINE, &devs[0]);
}
END_TEST

START_TEST(what_comes_while_it_is_disabled_comes_afterwards)
{
	ck_assert_int_eq(request_irq(LINE, note, IRQF_NO_AUTOEN, "", &answer),
			 0);
	disable_irq(LINE);
	raise_it(LINE);
	enable_irq(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 0);
	enable_irq(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 1);

	/* Already on its way. */
	raise_it(LINE);
	disable_irq_nosync(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 1);
	enable_irq(LINE);
	enable_irq(LINE); /* once too often: in the log */
	inband_step();
	ck_assert_int_eq(nr_calls, 2);
	free_irq(LINE, &answer);
}
END_TEST

START_TEST(the_type_is_what_was_asked_for_last)
{
	ck_assert_int_eq(irq_set_irq_type(LINE, IRQ_TYPE_LEVEL_LOW), 0);
	ck_assert_uint_eq(irq_get_trigger_type(LINE), IRQ_TYPE_LEVEL_LOW);
	ck_assert_int_eq(irq_set_irq_type(LINE, 0x10), -EINVAL);
	ck_assert_int_eq(
		request_irq(LINE, note, IRQF_TRIGGER_RISING, "", &answer), 0);
	ck_assert_uint_eq(irq_get_trigger_type(LINE), IRQ_TYPE_EDGE_RISING);
	free_irq(LINE, &answer);
}
END_TEST

static irqreturn_t raise_again(int irq, void *dev_id)
{
	/* It would wait for itself. */
	ck_assert_ptr_null(free_irq(LINE, dev_id));
	disable_irq(LINE);
	enable_irq(LINE);
	if (++nr_calls < 5)
		raise_it(LINE);

	return IRQ_HANDLED;
}

START_TEST(a_handler_may_raise_its_own)
{
	ck_assert_int_eq(request_irq(LINE, raise_again, 0, "", &answer), 0);
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(nr_calls, 5);
	ck_assert_ptr_nonnull(free_irq(LINE, &answer));
}
END_TEST

START_TEST(a_synthetic_one_has_data_of_each_cpu)
{
	int __percpu *data = alloc_percpu(int);
	unsigned int irq = irq_create_direct_mapping(synthetic_irq_domain);
	unsigned int cpu = inband_stage.cpu;

	ck_assert_uint_gt(irq, NR_SIM_IRQS);
	ck_assert_int_eq(
		__request_percpu_irq(irq, note, IRQF_NO_THREAD, "", NULL),
		-EINVAL);
	ck_assert_int_eq(__request_percpu_irq(irq, NULL, 0, "", data), -EINVAL);
	ck_assert_int_eq(__request_percpu_irq(irq, note, IRQF_SHARED, "", data),
			 -EINVAL);
	ck_assert_int_eq(
		__request_percpu_irq(irq, note, IRQF_NO_THREAD, "", data), 0);
	ck_assert_int_eq(request_percpu_irq(irq, note, "", data), -EBUSY);
	ck_assert_int_eq(request_irq(irq, note, IRQF_SHARED, "", data), -EBUSY);

	irq_post_inband(irq);
	inband_step();
	ck_assert_int_eq(nr_calls, 1);
	ck_assert_int_eq(last_irq, (int)irq);
	ck_assert_ptr_eq(last_dev, per_cpu_ptr(data, cpu));

	/* On two CPUs. */
	irq_post_inband(irq);
	inband_stage.cpu = num_possible_cpus() - 1;
	irq_post_inband(irq);
	irq_post_inband(irq);
	inband_stage.cpu = cpu;
	inband_step();
	ck_assert_int_eq(nr_calls, num_possible_cpus() == 1 ? 2 : 3);
	ck_assert_ptr_eq(last_dev, per_cpu_ptr(data, num_possible_cpus() - 1));

	free_percpu_irq(irq, data);
	irq_post_inband(irq);
	inband_step();
	irq_dispose_mapping(irq);
	ck_assert_int_eq(generic_handle_irq(irq), -EINVAL);
	free_percpu(data);
}
END_TEST

START_TEST(numbers_are_given_back)
{
	unsigned int irqs[NR_IRQS], nr = 0;

	while ((irqs[nr] = irq_create_direct_mapping(synthetic_irq_domain)))
		nr++;
	ck_assert_uint_eq(nr, NR_IRQS - 1 - NR_SIM_IRQS);
	/* Forgotten to be freed: in the log. */
	ck_assert_int_eq(request_irq(irqs[7], note, 0, "it", NULL), 0);
	raise_it(irqs[7]);
	irq_dispose_mapping(irqs[7]);
	inband_step();
	ck_assert_int_eq(nr_calls, 0);
	ck_assert_uint_eq(irq_create_direct_mapping(synthetic_irq_domain),
			  irqs[7]);
	ck_assert_int_eq(request_irq(irqs[7], note, 0, "it", NULL), 0);
	free_irq(irqs[7], NULL);
	while (nr)
		irq_dispose_mapping(irqs[--nr]);
}
END_TEST

struct counter {
	struct irq_tap tap;
	int count;
};

static void count_it(struct irq_tap *tap)
{
	container_of(tap, struct counter, tap)->count++;
}

/* Whether anybody requested it or not, at once. */
START_TEST(who_taps_it_is_told_of_each)
{
	struct counter first = { .tap.raised = count_it };
	struct counter second = { .tap.raised = count_it };
	int dev;

	irq_tap_add(LINE, &first.tap);
	irq_tap_add(LINE, &second.tap);
	raise_it(LINE);
	raise_it(LINE + 1);
	ck_assert_int_eq(first.count, 1);
	ck_assert_int_eq(second.count, 1);

	irq_tap_remove(LINE, &first.tap);
	irq_tap_remove(LINE, &first.tap);
	ck_assert_int_eq(request_irq(LINE, note, 0, "it", &dev), 0);
	raise_it(LINE);
	inband_step();
	ck_assert_int_eq(first.count, 1);
	ck_assert_int_eq(second.count, 2);
	ck_assert_int_eq(nr_calls, 1);
	irq_tap_remove(LINE, &second.tap);
	raise_it(LINE);
	ck_assert_int_eq(second.count, 2);
	free_irq(LINE, &dev);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("kapi/irq");
	TCase *tcase = tcase_create("inband");

	tcase_add_checked_fixture(tcase, setup, inband_teardown);
	tcase_add_test(tcase, what_came_before_it_ran_is_one_call);
	tcase_add_test(tcase, there_are_no_other_numbers);
	tcase_add_test(tcase, a_request_must_make_sense);
	tcase_add_test(tcase, a_line_is_shared_by_those_who_say_so);
	tcase_add_test(tcase, what_comes_while_it_is_disabled_comes_afterwards);
	tcase_add_test(tcase, the_type_is_what_was_asked_for_last);
	tcase_add_test(tcase, a_handler_may_raise_its_own);
	tcase_add_test(tcase, a_synthetic_one_has_data_of_each_cpu);
	tcase_add_test(tcase, numbers_are_given_back);
	tcase_add_test(tcase, who_taps_it_is_told_of_each);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
