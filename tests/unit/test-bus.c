/* SPDX-License-Identifier: MIT */
/* Drivers of devices, loaded and unloaded: what they use of each other, and what
 * they leave behind. */
#include "../helpers.h"
#include "bus/bind.h"
#include "bus/gpio.h"
#include "bus/platform.h"
#include "module-rig.h"
#include "stage/inband.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/platform_device.h>
#include <string.h>

static void setup(void)
{
	rig_setup();
	gpio_init();
	platform_init();
}

static struct platform_device *find(const char *name)
{
	struct platform_device *pdev;

	for (pdev = bind_next(NULL); pdev; pdev = bind_next(pdev))
		if (strcmp(dev_name(&pdev->dev), name) == 0)
			return pdev;

	return NULL;
}

static void assert_nothing_is_left(void)
{
	ck_assert_ptr_null(bind_next(NULL));
	ck_assert_ptr_null(ioremap(0x5000, 16));
	ck_assert_ptr_nonnull(request_mem_region(0x5000, 16, "test"));
	ck_assert_ptr_nonnull(request_mem_region(0x9000, 16, "test"));
	release_mem_region(0x5000, 16);
	release_mem_region(0x9000, 16);
}

static void await_probe(void)
{
	while (find("litterer")->waits || find("litterer-child") == NULL)
		inband_run_once(true);
}

START_TEST(what_they_leave_behind_is_taken_back)
{
	const struct module *litterer;

	/* The chip may come before, or after it. */
	if (_i)
		ck_assert_int_eq(rig_load("chip"), 0);
	ck_assert_int_eq(rig_load("litterer"), 0);
	if (!_i) {
		ck_assert(find("litterer")->waits);
		ck_assert_int_eq(rig_load("chip"), 0);
	}
	await_probe();
	litterer = rig_find("litterer");
	/* On whatever fiber its probe function ran. */
	ck_assert_ptr_eq(find("litterer-child")->dev.owner, litterer);
	ck_assert_ptr_eq(find("litterer")->dev.owner, litterer);
	ck_assert_int_eq(rig_call("litterer", "litterer_more"), 0);
	ck_assert_ptr_eq(find("litterer-more")->dev.owner, litterer);
	rig_forget();
	ck_assert_int_eq(module_unload("chip"), -EBUSY);
	rig_said("in use: 3 times by try_module_get(), as each GPIO line");

	ck_assert_int_eq(module_unload("litterer"), 0);
	assert_nothing_is_left();
	for (unsigned int n = 512; n < 516; n++)
		ck_assert(!gpio_to_desc(n)->requested);
	ck_assert_int_eq(module_unload("chip"), 0);
	ck_assert_ptr_null(gpio_to_desc(512));

	/* And once more. */
	ck_assert_int_eq(rig_load("chip"), 0);
	ck_assert_int_eq(rig_load("litterer"), 0);
	await_probe();
}
END_TEST

START_TEST(so_is_what_a_failed_init_made)
{
	char *params[] = { "fail=1" };

	ck_assert_int_eq(rig_load("chip"), 0);
	ck_assert_int_eq(module_load(rig_path("litterer"), params, 1), -ENODEV);
	assert_nothing_is_left();
	ck_assert_int_eq(module_unload("chip"), 0);
}
END_TEST

START_TEST(a_forgotten_chip_goes)
{
	ck_assert_int_eq(rig_load("chip-forgetful"), 0);
	ck_assert_ptr_nonnull(gpio_device_find("toy"));
	ck_assert_int_eq(module_unload("chip_forgetful"), 0);
	ck_assert_ptr_null(gpio_device_find("toy"));
	ck_assert_ptr_null(gpio_to_desc(512));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus");
	TCase *tcase = tcase_create("bus");

	tcase_add_checked_fixture(tcase, setup, rig_teardown);
	tcase_add_loop_test(tcase, what_they_leave_behind_is_taken_back, 0, 2);
	tcase_add_test(tcase, so_is_what_a_failed_init_made);
	tcase_add_test(tcase, a_forgotten_chip_goes);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
