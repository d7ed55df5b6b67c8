/* SPDX-License-Identifier: MIT */
/* What devices own: given back in reverse order, once. */
#include "inband-rig.h"
#include "vfs/devres.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/completion.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/slab.h>
#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LINE 9

static struct device dev;
static char order[16]; /* of what was given back */

static void setup(void)
{
	inband_setup();
	dev.init_name = "it";
	device_initialize(&dev);
}

static void note(char what)
{
	order[strlen(order)] = what;
}

static void release_letter(struct device *owner, void *res)
{
	ck_assert_ptr_eq(owner, &dev);
	note(*(const char *)res);
}

static void release_other(struct device *owner, void *res)
{
	note('!');
}

static int is_letter(struct device *owner, void *res, void *match_data)
{
	return *(const char *)res == *(const char *)match_data;
}

static void *add_letter(char letter)
{
	char *res = devres_alloc(release_letter, 1, GFP_KERNEL);

	ck_assert_ptr_nonnull(res);
	ck_assert_uint_eq((uintptr_t)res % alignof(max_align_t), 0);
	ck_assert_int_eq(*res, 0);
	*res = letter;
	devres_add(&dev, res);

	return res;
}

static void note_action(void *data)
{
	note(*(const char *)data);
}

START_TEST(the_last_comes_first)
{
	char *memory;

	add_letter('1');
	memory = devm_kzalloc(&dev, 100, GFP_KERNEL);
	ck_assert_ptr_nonnull(memory);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(memory[i], 0);
	memory[0] = 'm';
	/* It uses memory that was there before it. */
	ck_assert_int_eq(devm_add_action(&dev, note_action, memory), 0);
	add_letter('3');
	devres_release_all(&dev);
	ck_assert_str_eq(order, "3m1");
	devres_release_all(&dev);
	ck_assert_str_eq(order, "3m1");
}
END_TEST

START_TEST(the_last_reference_gives_it_back)
{
	add_letter('a');
	get_device(&dev);
	put_device(&dev);
	ck_assert_str_eq(order, "");
	put_device(&dev);
	ck_assert_str_eq(order, "a");
}
END_TEST

START_TEST(what_is_owned_can_be_found)
{
	char letter = 'a';
	void *a = add_letter('a'), *b = add_letter('b');

	ck_assert_ptr_eq(devres_find(&dev, release_letter, NULL, NULL), b);
	ck_assert_ptr_eq(devres_find(&dev, release_letter, is_letter, &letter),
			 a);
	ck_assert_ptr_null(devres_find(&dev, release_other, NULL, NULL));

	ck_assert_ptr_eq(
		devres_remove(&dev, release_letter, is_letter, &letter), a);
	ck_assert_ptr_null(
		devres_find(&dev, release_letter, is_letter, &letter));
	devres_free(a);
	devres_free(NULL);
	ck_assert_ptr_null(
		devres_remove(&dev, release_letter, is_letter, &letter));

	letter = 'b';
	ck_assert_int_eq(
		devres_release(&dev, release_letter, is_letter, &letter), 0);
	ck_assert_str_eq(order, "b");
	ck_assert_int_eq(
		devres_release(&dev, release_letter, is_letter, &letter),
		-ENOENT);
	add_letter('c');
	ck_assert_int_eq(devres_destroy(&dev, release_letter, NULL, NULL), 0);
	ck_assert_int_eq(devres_destroy(&dev, release_letter, NULL, NULL),
			 -ENOENT);
	devres_release_all(&dev);
	ck_assert_str_eq(order, "b");
	ck_assert_ptr_null(devres_alloc(release_other, SIZE_MAX, GFP_KERNEL));
}
END_TEST

START_TEST(actions_can_be_taken_back)
{
	char a = 'a', b = 'b', c = 'c';

	ck_assert_int_eq(devm_add_action(&dev, note_action, &a), 0);
	ck_assert_int_eq(devm_add_action_or_reset(&dev, note_action, &b), 0);
	ck_assert_int_eq(devm_add_action(&dev, note_action, &c), 0);
	devm_remove_action(&dev, note_action, &b);
	devm_release_action(&dev, note_action, &a);
	ck_assert_str_eq(order, "a");
	/* Not there: told in the log. */
	devm_remove_action(&dev, note_action, &b);
	devm_release_action(&dev, note_action, &a);
	devres_release_all(&dev);
	ck_assert_str_eq(order, "ac");
}
END_TEST

START_TEST(memory_can_be_freed_before)
{
	char *text, other;
	void *copy;

	copy = devm_kmemdup(&dev, "abc", 3, GFP_KERNEL);
	ck_assert_mem_eq(copy, "abc", 3);
	text = devm_kasprintf(&dev, GFP_KERNEL, "%s-%d", "x", 12);
	ck_assert_str_eq(text, "x-12");
	devm_kfree(&dev, text);
	text = devm_kstrdup(&dev, "copy", GFP_KERNEL);
	ck_assert_str_eq(text, "copy");
	ck_assert_ptr_null(devm_kstrdup(&dev, NULL, GFP_KERNEL));
	devm_kfree(&dev, copy);
	devm_kfree(&dev, NULL);
	devm_kfree(&dev, &other); /* not the device's: told in the log */
	ck_assert_ptr_null(devm_kcalloc(&dev, SIZE_MAX / 2, 3, GFP_KERNEL));
	ck_assert_ptr_null(devm_kmalloc(&dev, SIZE_MAX - 8, GFP_KERNEL));
	ck_assert_ptr_nonnull(devm_kcalloc(&dev, 3, 5, GFP_KERNEL));
	devres_release_all(&dev);
}
END_TEST

static int nr_calls, nr_thread_calls;

static irqreturn_t handle(int irq, void *dev_id)
{
	nr_calls++;

	return IRQ_WAKE_THREAD;
}

static irqreturn_t handle_in_thread(int irq, void *dev_id)
{
	nr_thread_calls++;

	return IRQ_HANDLED;
}

static bool done;

static void own_an_interrupt(void *arg)
{
	ck_assert_int_eq(devm_request_threaded_irq(&dev, LINE, handle,
						   handle_in_thread, 0, NULL,
						   &dev),
			 0);
	/* It has an owner. */
	ck_assert_int_eq(
		devm_request_irq(&dev, LINE, handle, 0, "other", &done),
		-EBUSY);
	ck_assert_int_eq(devm_request_irq(&dev, 0, handle, 0, "", &done),
			 -EINVAL);
	ck_assert_int_eq(devm_request_irq(&dev, LINE, NULL, 0, "", &done),
			 -EINVAL);
	/* Called what the device is. */
	ck_assert_str_eq(free_irq(LINE, &dev), "it");
	devres_release_all(&dev); /* does not mind */

	ck_assert_int_eq(
		devm_request_irq(&dev, LINE, handle, IRQF_OOB, "oob", &dev), 0);
	devm_free_irq(&dev, LINE, &dev);
	devm_free_irq(&dev, LINE, &dev); /* told in the log */
	ck_assert_int_eq(devm_request_threaded_irq(&dev, LINE, handle,
						   handle_in_thread, 0, "mine",
						   &dev),
			 0);
	done = true;
}

static void end_it(void *arg)
{
	devres_release_all(&dev);
	done = true;
}

START_TEST(interrupts_end_with_it)
{
	inband_fiber(own_an_interrupt, NULL);
	inband_await(&done);
	ck_assert_int_eq(generic_handle_irq(LINE), 0);
	inband_step();
	ck_assert_int_eq(nr_calls, 1);
	ck_assert_int_eq(nr_thread_calls, 1);

	done = false;
	inband_fiber(end_it, NULL);
	inband_await(&done);
	ck_assert_int_eq(generic_handle_irq(LINE), 0);
	inband_step();
	ck_assert_int_eq(nr_calls, 1);
	ck_assert_ptr_null(free_irq(LINE, &dev));
}
END_TEST

START_TEST(what_makes_its_own_device_gives_it_back_too)
{
	struct class *class = class_create("some");
	struct device *made = device_create(class, NULL, 0, NULL, "made");
	char letter = 'x';

	ck_assert(!IS_ERR(made));
	ck_assert_int_eq(devm_add_action(made, note_action, &letter), 0);
	device_unregister(made);
	ck_assert_str_eq(order, "x");
	class_destroy(class);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("vfs/devres");
	TCase *tcase = tcase_create("devres");

	tcase_add_checked_fixture(tcase, setup, inband_teardown);
	tcase_add_test(tcase, the_last_comes_first);
	tcase_add_test(tcase, the_last_reference_gives_it_back);
	tcase_add_test(tcase, what_is_owned_can_be_found);
	tcase_add_test(tcase, actions_can_be_taken_back);
	tcase_add_test(tcase, memory_can_be_freed_before);
	tcase_add_test(tcase, interrupts_end_with_it);
	tcase_add_test(tcase, what_makes_its_own_device_gives_it_back_too);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
