/* SPDX-License-Identifier: MIT */
/* GPIO lines by number, lines a device owns, and how the configuration names them. */
#include "bus/gpio-spec.h"
#include "bus/gpio.h"
#include "gpio-rig.h"
#include "inband-rig.h"
#include "vfs/devres.h"

#include <errno.h>
#include <limits.h>
#include <linux/device.h>
#include <linux/gpio.h>
#include <linux/gpio/driver.h>
#include <linux/gpio/machine.h>
#include <linux/of_gpio.h>
#include <string.h>

START_TEST(chips_have_numbers_of_their_own)
{
	struct gpio_chip none = { .label = "none", .base = -1 };
	struct gpio_chip fixed = { .label = "fixed", .ngpio = 4, .base = 100 };
	struct gpio_chip clash = { .label = "clash", .ngpio = 2, .base = 103 };
	struct gpio_chip late = { .label = "late", .ngpio = 4, .base = -1 };

	ck_assert_int_eq(gpio_rig_chip.base, 512);
	ck_assert_int_eq(gpio_mute_chip.base, 520);
	ck_assert_int_eq(gpiochip_add_data(&none, NULL), -EINVAL);
	none.ngpio = 2;
	none.base = INT_MAX - 1;
	ck_assert_int_eq(gpiochip_add_data(&none, NULL), -EINVAL);
	ck_assert_int_eq(gpiochip_add_data(&fixed, NULL), 0);
	ck_assert_int_eq(gpiochip_add_data(&clash, NULL), -EBUSY);
	clash.base = 511;
	ck_assert_int_eq(gpiochip_add_data(&clash, NULL), -EBUSY);
	ck_assert_int_eq(gpiochip_add_data(&late, NULL), 0);
	ck_assert_int_eq(late.base, 522);
	ck_assert_int_eq(desc_to_gpio(gpio_to_desc(103)), 103);
	ck_assert_ptr_null(gpio_to_desc(104));
	gpiochip_remove(&fixed);
	ck_assert_ptr_null(gpio_to_desc(103));
	gpiochip_remove(&late);
	late.base = 515;
	ck_assert_int_eq(devm_gpiochip_add_data(&gpio_owner, &late, NULL),
			 -EBUSY);
	late.base = -1;
	ck_assert_int_eq(devm_gpiochip_add_data(&gpio_owner, &late, NULL), 0);
	devres_release_all(&gpio_owner);
	ck_assert_ptr_null(gpio_to_desc((unsigned int)late.base));
	/* What a driver forgets. */
	ck_assert_uint_eq(gpio_forget_chips(NULL), 2);
	ck_assert_ptr_null(gpio_to_desc(512));
}
END_TEST

START_TEST(numbers_will_do)
{
	const struct gpio some[] = {
		{ 513, GPIOF_OUT_INIT_HIGH, "some" },
		{ 514, GPIOF_OUT_INIT_HIGH | GPIOF_ACTIVE_LOW, "some" },
		{ 515, GPIOF_IN, "some" },
	};

	ck_assert(gpio_is_valid(0) && !gpio_is_valid(-1));
	ck_assert_int_eq(gpio_request(513, "it"), 0);
	ck_assert_str_eq(gpiochip_is_requested(&gpio_rig_chip, 1), "it");
	ck_assert_int_eq(gpio_request(513, "other"), -EBUSY);
	ck_assert_int_eq(gpio_request(5000, "it"), -EPROBE_DEFER);
	ck_assert_int_eq(gpio_request((unsigned int)-1, "it"), -EINVAL);
	ck_assert_int_eq(gpio_direction_output(513, 1), 0);
	ck_assert_int_eq(gpio_get_value(513), 1);
	gpio_set_value(513, 0);
	ck_assert(!gpio_level[1]);
	gpio_set_value_cansleep(513, 1);
	ck_assert_int_eq(gpio_get_value_cansleep(513), 1);
	ck_assert_int_eq(gpio_direction_input(513), 0);
	ck_assert_int_eq(gpio_to_irq(513), 41);
	ck_assert_int_eq(gpio_cansleep(513), 0);
	/* None of it, while the first is taken. */
	ck_assert_int_eq(gpio_request_array(some, 3), -EBUSY);
	gpio_free(513);
	ck_assert_int_eq(gpio_request_one(515, GPIOF_IN, "it"), 0);
	ck_assert_int_eq(gpio_request_array(some, 3), -EBUSY);
	ck_assert_int_eq(gpio_nr_taken, 1);
	gpio_free(515);
	ck_assert_int_eq(gpio_request_array(some, 3), 0);
	ck_assert(gpio_is_output[1] && gpio_level[1] && gpio_is_output[2] &&
		  gpio_level[2]);
	ck_assert(!gpio_is_output[3]);
	gpio_free_array(some, 3);
	ck_assert_int_eq(gpio_request_one(520, GPIOF_IN, "mute"), -EIO);
	ck_assert_int_eq(gpio_request_one(512, GPIOF_OUT_INIT_LOW, NULL), 0);
	ck_assert(gpio_is_output[0] && !gpio_level[0]);
	gpio_free(512);

	ck_assert_int_eq(gpio_direction_input(5000), -EINVAL);
	ck_assert_int_eq(gpio_direction_output(5000, 1), -EINVAL);
	ck_assert_int_eq(gpio_get_value(5000), -EINVAL);
	ck_assert_int_eq(gpio_to_irq(5000), -EINVAL);
	ck_assert_int_eq(gpio_cansleep(5000), -EINVAL);
	gpio_set_value(5000, 1);
	gpio_free(5000);

	ck_assert_int_eq(
		of_get_named_gpio(gpio_owner.of_node, "enable-gpios", 1), 514);
	ck_assert_int_eq(
		of_get_named_gpio(gpio_owner.of_node, "enable-gpios", 3),
		-ENOENT);
	ck_assert_int_eq(of_get_named_gpio(gpio_owner.of_node, "enable", 0),
			 -ENOENT);
	ck_assert_int_eq(
		of_get_named_gpio(gpio_owner.of_node, "enable-gpios", -1),
		-ENOENT);
	ck_assert_int_eq(
		of_get_named_gpio(gpio_owner.of_node, "absent-gpios", 0),
		-EPROBE_DEFER);
	ck_assert_int_eq(of_get_named_gpio(gpio_owner.of_node, "far-gpios", 0),
			 -EINVAL);
	ck_assert_int_eq(of_get_named_gpio(NULL, "far-gpios", 0), -ENOENT);
}
END_TEST

START_TEST(a_device_owns_its_lines)
{
	struct gpio_desc *desc =
		devm_gpiod_get(&gpio_owner, "enable", GPIOD_IN);
	struct gpio_descs *all;

	ck_assert(!IS_ERR(desc));
	ck_assert_int_eq(
		PTR_ERR(devm_gpiod_get(&gpio_owner, "enable", GPIOD_IN)),
		-EBUSY);
	ck_assert_ptr_null(
		devm_gpiod_get_optional(&gpio_owner, "none", GPIOD_IN));
	ck_assert_ptr_null(devm_gpiod_get_index_optional(&gpio_owner, "enable",
							 3, GPIOD_IN));
	ck_assert(!IS_ERR(
		devm_gpiod_get_index(&gpio_owner, "enable", 1, GPIOD_IN)));
	ck_assert(
		!IS_ERR(devm_gpiod_get_optional(&gpio_owner, NULL, GPIOD_IN)));
	ck_assert_int_eq(devm_gpio_request(&gpio_owner, 516, "x"), 0);
	ck_assert_int_eq(devm_gpio_request(&gpio_owner, 516, "x"), -EBUSY);
	ck_assert_int_eq(devm_gpio_request_one(&gpio_owner, 518,
					       GPIOF_OUT_INIT_LOW, "x"),
			 0);
	ck_assert_int_eq(gpio_nr_taken, 5);
	all = devm_gpiod_get_array(&gpio_owner, "enable", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -EBUSY);
	ck_assert_int_eq(gpio_nr_taken, 5);
	devm_gpiod_put(&gpio_owner, desc);
	devm_gpiod_put(&gpio_owner, desc); /* told in the log */
	ck_assert_int_eq(gpio_nr_taken, 4);
	devres_release_all(&gpio_owner);
	ck_assert_int_eq(gpio_nr_taken, 0);

	all = devm_gpiod_get_array(&gpio_owner, "enable", GPIOD_OUT_HIGH);
	ck_assert(!IS_ERR(all));
	ck_assert_uint_eq(all->ndescs, 3);
	ck_assert_int_eq(desc_to_gpio(all->desc[2]), 515);
	ck_assert_int_eq(gpio_nr_taken, 3);
	devm_gpiod_put_array(&gpio_owner, all);
	devm_gpiod_put_array(&gpio_owner, all); /* told in the log */
	ck_assert_int_eq(gpio_nr_taken, 0);
	ck_assert_ptr_null(
		devm_gpiod_get_array_optional(&gpio_owner, "none", GPIOD_IN));
	all = devm_gpiod_get_array(&gpio_owner, "none", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -ENOENT);
	all = gpiod_get_array(&gpio_owner, "none", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -ENOENT);
	ck_assert_ptr_null(
		gpiod_get_array_optional(&gpio_owner, "none", GPIOD_IN));
	all = gpiod_get_array(&gpio_owner, "last", GPIOD_ASIS);
	ck_assert_uint_eq(all->ndescs, 2);
	gpiod_put_array(all);
	gpiod_put_array(NULL);
	/* The second of them cannot be one. */
	all = gpiod_get_array(&gpio_owner, "last", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -ENOTSUPP);
	ck_assert_int_eq(gpio_nr_taken, 0);
}
END_TEST

START_TEST(lines_are_named_by_chip_and_line)
{
	const char *const bad[] = { "",		" ",
				    ",",	"chip",
				    "chip 1,",	"chip 1 low",
				    "a 1,,b 2", "chip 1 active-low x" };
	const char *const good[] = { "chip 1", " chip\t1 ", "a 1,b 2",
				     "a 1 active-high , b c open-drain" };
	struct gpio_spec spec;
	char text[400];

	for (unsigned int i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		text[0] = '\0';
		ck_assert_int_eq(gpio_spec_check(bad[i], text, sizeof(text)),
				 -EINVAL);
		ck_assert_ptr_nonnull(strstr(text, "name chip and line"));
	}
	for (unsigned int i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		ck_assert_int_eq(gpio_spec_check(good[i], text, sizeof(text)),
				 0);
	ck_assert_int_eq(gpio_spec_parse(good[3], 1, &spec), 0);
	ck_assert_str_eq(spec.chip, "b");
	ck_assert_str_eq(spec.line, "c");
	ck_assert_uint_eq(spec.flags, GPIO_OPEN_DRAIN);
	ck_assert_int_eq(gpio_spec_parse(good[3], 2, &spec), -ENOENT);
	memset(text, 'x', sizeof(text));
	memcpy(text + 70, " 1", 3);
	ck_assert_int_eq(gpio_spec_parse(text, 0, &spec), -EINVAL);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus/gpio-number");
	TCase *tcase = tcase_create("inband");

	tcase_add_checked_fixture(tcase, gpio_rig_setup, gpio_rig_teardown);
	tcase_add_test(tcase, chips_have_numbers_of_their_own);
	tcase_add_test(tcase, numbers_will_do);
	tcase_add_test(tcase, a_device_owns_its_lines);
	tcase_add_test(tcase, lines_are_named_by_chip_and_line);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
