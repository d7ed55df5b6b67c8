/* SPDX-License-Identifier: MIT */
/* GPIO lines: who gets which, and what is done with them, on a chip of the
 * test's own. */
#include "bus/gpio.h"
#include "gpio-rig.h"
#include "inband-rig.h"

#include <errno.h>
#include <limits.h>
#include <linux/device.h>
#include <linux/gpio.h>
#include <linux/gpio/machine.h>
#include <string.h>

START_TEST(a_device_gets_the_lines_which_were_configured)
{
	struct gpio_desc *a = gpiod_get(&gpio_owner, "enable", GPIOD_OUT_HIGH);
	struct gpio_desc *b =
		gpiod_get_index(&gpio_owner, "enable", 1, GPIOD_OUT_HIGH);
	struct gpio_desc *c = gpiod_get(&gpio_owner, "reset", GPIOD_ASIS);
	struct gpio_desc *d = gpiod_get(&gpio_owner, NULL, GPIOD_IN);

	ck_assert(!IS_ERR(a) && !IS_ERR(b) && !IS_ERR(c) && !IS_ERR(d));
	ck_assert_int_eq(desc_to_gpio(a), gpio_rig_chip.base + 1);
	ck_assert_int_eq(desc_to_gpio(b), gpio_rig_chip.base + 2);
	ck_assert_int_eq(desc_to_gpio(c), gpio_rig_chip.base + 4);
	ck_assert_int_eq(desc_to_gpio(d), gpio_rig_chip.base + 5);
	/* Active, which is low for the first. */
	ck_assert(gpio_is_output[1] && !gpio_level[1]);
	ck_assert(gpio_is_output[2] && gpio_level[2]);
	ck_assert(!gpio_is_output[4] && !gpio_is_output[5]);
	ck_assert_int_eq(gpiod_is_active_low(a), 1);
	ck_assert_int_eq(gpiod_is_active_low(b), 0);
	ck_assert_str_eq(gpiochip_is_requested(&gpio_rig_chip, 1), "enable");
	ck_assert_str_eq(gpiochip_is_requested(&gpio_rig_chip, 5), "it");
	ck_assert_ptr_null(gpiochip_is_requested(&gpio_rig_chip, 0));
	ck_assert_ptr_null(
		gpiochip_is_requested(&gpio_rig_chip, GPIO_RIG_LINES));
	ck_assert_int_eq(gpiod_set_consumer_name(a, "motor"), 0);
	ck_assert_str_eq(gpiochip_is_requested(&gpio_rig_chip, 1), "motor");
	ck_assert_int_eq(gpiod_count(&gpio_owner, "enable"), 3);
	ck_assert_int_eq(gpiod_count(&gpio_owner, "reset"), 1);
	ck_assert_int_eq(gpiod_count(&gpio_owner, NULL), 1);
	ck_assert_int_eq(gpiod_count(&gpio_owner, "none"), -ENOENT);
	ck_assert_int_eq(gpiod_count(NULL, "none"), -ENOENT);
	ck_assert_int_eq(gpio_nr_taken, 4);
	gpiod_put(a);
	gpiod_put(b);
	gpiod_put(c);
	gpiod_put(d);
	gpiod_put(NULL);
	gpiod_put(ERR_PTR(-EINVAL));
	ck_assert_int_eq(gpio_nr_taken, 0);
	/* It is nobody's: told in the log. */
	gpiod_put(a);
	ck_assert_int_eq(gpio_nr_taken, 0);
}
END_TEST

static int error_of(const char *con_id, unsigned int idx)
{
	struct gpio_desc *desc =
		gpiod_get_index(&gpio_owner, con_id, idx, GPIOD_ASIS);

	return IS_ERR(desc) ? (int)PTR_ERR(desc) : (gpiod_put(desc), 0);
}

START_TEST(what_cannot_be_had_is_told_why)
{
	struct gpio_desc *desc;

	ck_assert_int_eq(error_of("none", 0), -ENOENT);
	ck_assert_int_eq(error_of("enable", 3), -ENOENT);
	ck_assert_int_eq(error_of("absent", 0), -EPROBE_DEFER);
	ck_assert_int_eq(error_of("far", 0), -EINVAL);
	ck_assert_int_eq(error_of("unnamed", 0), -EINVAL);
	ck_assert_int_eq(error_of("bad", 0), -EINVAL);
	desc = gpiod_get(&gpio_owner, "enable", GPIOD_ASIS);
	ck_assert_int_eq(error_of("enable", 0), -EBUSY);
	gpiod_put(desc);
	ck_assert_int_eq(error_of("enable", 0), 0);
	gpio_refusal = -EACCES;
	ck_assert_int_eq(error_of("enable", 0), -EACCES);
	gpio_refusal = 0;
	ck_assert_int_eq(error_of("enable", 0), 0);

	/* One which cannot be that is given back. */
	desc = gpiod_get(&gpio_owner, "mute", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(desc), -EIO);
	desc = gpiod_get(&gpio_owner, "mute", GPIOD_OUT_LOW);
	ck_assert_int_eq(PTR_ERR(desc), -EIO);
	desc = gpiod_get_index(&gpio_owner, "last", 1, GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(desc), -ENOTSUPP);
	ck_assert_int_eq(error_of("mute", 0), 0);

	ck_assert_ptr_null(gpiod_get_optional(&gpio_owner, "none", GPIOD_IN));
	ck_assert_ptr_null(
		gpiod_get_index_optional(&gpio_owner, "enable", 3, GPIOD_IN));
	desc = gpiod_get_optional(&gpio_owner, "absent", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(desc), -EPROBE_DEFER);
	desc = gpiod_get_optional(&gpio_owner, "enable", GPIOD_IN);
	ck_assert(!IS_ERR_OR_NULL(desc));
	gpiod_put(desc);
}
END_TEST

START_TEST(a_driver_may_say_which_lines)
{
	static struct gpiod_lookup_table table = {
		.dev_id = "other",
		.table = {
			GPIO_LOOKUP("chip", 1, "enable", GPIO_ACTIVE_LOW),
			GPIO_LOOKUP_IDX("chip", 3, "enable", 1, 0),
			GPIO_LOOKUP("lamp", UINT16_MAX, "lamp", 0),
			GPIO_LOOKUP("nosuch", UINT16_MAX, "no-line", 0),
			GPIO_LOOKUP("nosuch", 1, "no-chip", 0),
			GPIO_LOOKUP("chip", GPIO_RIG_LINES, "far", 0),
			{},
		},
	};
	GPIO_LOOKUP_SINGLE(nobodys, NULL, "chip", 6, NULL, 0);
	struct gpiod_lookup_table *both[] = { &table, &nobodys };
	const struct {
		const char *con_id;
		unsigned int idx;
		int offset; /* or -errno */
	} lines[] = {
		{ "enable", 0, 1 },	  { "enable", 1, 3 },
		{ "enable", 2, -ENOENT }, { "lamp", 0, 2 },
		{ "none", 0, -ENOENT },	  { "no-line", 0, -EPROBE_DEFER },
		{ "far", 0, -EINVAL },	  { "no-chip", 0, -EPROBE_DEFER },
		{ NULL, 0, -ENOENT },
	};
	struct gpio_desc *desc;

	ck_assert_int_eq(gpiod_count(&gpio_other, "enable"), -ENOENT);
	gpiod_add_lookup_tables(both, 2);
	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		desc = gpiod_get_index(&gpio_other, lines[i].con_id,
				       lines[i].idx, GPIOD_ASIS);
		ck_assert_int_eq(IS_ERR(desc) ? PTR_ERR(desc)
					      : desc_to_gpio(desc) -
							gpio_rig_chip.base,
				 lines[i].offset);
		gpiod_put(desc);
	}
	desc = gpiod_get(&gpio_other, "enable", GPIOD_OUT_HIGH);
	ck_assert(!gpio_level[1]);
	gpiod_put(desc);
	ck_assert_int_eq(gpiod_count(&gpio_other, "enable"), 2);
	/* Of no device. */
	desc = gpiod_get(NULL, "anything", GPIOD_ASIS);
	ck_assert_int_eq(desc_to_gpio(desc), gpio_rig_chip.base + 6);
	gpiod_put(desc);

	gpiod_remove_lookup_table(&table);
	ck_assert_int_eq(gpiod_count(&gpio_other, "enable"), -ENOENT);
	gpiod_remove_lookup_table(&table);
	ck_assert_uint_eq(gpio_forget_tables(NULL), 1);
	ck_assert_int_eq(gpiod_count(NULL, NULL), -ENOENT);
	gpiod_remove_lookup_table(NULL);
}
END_TEST

START_TEST(values_are_what_is_active_and_raw_ones_levels)
{
	struct gpio_desc *desc =
		gpiod_get(&gpio_owner, "enable", GPIOD_OUT_LOW);

	ck_assert(gpio_level[1]);
	ck_assert_int_eq(gpiod_get_direction(desc), 0);
	ck_assert_int_eq(gpiod_get_value(desc), 0);
	ck_assert_int_eq(gpiod_get_raw_value(desc), 1);
	gpiod_set_value(desc, 5);
	ck_assert(!gpio_level[1]);
	ck_assert_int_eq(gpiod_get_value_cansleep(desc), 1);
	ck_assert_int_eq(gpiod_get_raw_value_cansleep(desc), 0);
	gpiod_set_raw_value(desc, 5);
	ck_assert(gpio_level[1]);
	gpiod_set_raw_value_cansleep(desc, 0);
	gpiod_set_value_cansleep(desc, 0);
	ck_assert(gpio_level[1]);
	gpiod_toggle_active_low(desc);
	ck_assert_int_eq(gpiod_get_value(desc), 1);
	ck_assert_int_eq(gpiod_direction_input(desc), 0);
	ck_assert_int_eq(gpiod_get_direction(desc), 1);
	ck_assert_int_eq(gpiod_direction_output_raw(desc, 0), 0);
	ck_assert(gpio_is_output[1] && !gpio_level[1]);
	ck_assert_int_eq(gpiod_direction_output(desc, 1), 0);
	ck_assert(gpio_level[1]);
	ck_assert_int_eq(gpiod_cansleep(desc), 0);
	gpiod_put(desc);
}
END_TEST

START_TEST(what_is_open_lets_go)
{
	struct gpio_desc *drain =
		gpiod_get(&gpio_owner, "reset", GPIOD_OUT_LOW);
	struct gpio_desc *source = gpiod_get(&gpio_owner, NULL, GPIOD_OUT_LOW);
	struct gpio_desc *own =
		gpiod_get(&gpio_owner, "enable", GPIOD_OUT_HIGH_OPEN_DRAIN);

	ck_assert(gpio_is_output[4] && !gpio_level[4]);
	gpiod_set_value(drain, 1);
	ck_assert(!gpio_is_output[4]);
	gpiod_set_value(drain, 0);
	ck_assert(gpio_is_output[4] && !gpio_level[4]);
	ck_assert(!gpio_is_output[5]);
	gpiod_set_value(source, 1);
	ck_assert(gpio_is_output[5] && gpio_level[5]);
	ck_assert(gpio_is_output[1] && !gpio_level[1]); /* active is low */
	gpiod_set_value(own, 0);
	ck_assert(!gpio_is_output[1]);
	gpiod_put(own);
	gpiod_put(source);
	gpiod_put(drain);
}
END_TEST

START_TEST(a_line_has_an_interrupt_if_its_chip_says_so)
{
	struct gpio_desc *desc = gpiod_get(&gpio_owner, "enable", GPIOD_IN);

	ck_assert_int_eq(gpiod_to_irq(desc), 41);
	ck_assert_int_eq(
		gpiod_to_irq(gpio_to_desc((unsigned int)gpio_rig_chip.base)),
		-ENXIO);
	ck_assert_int_eq(
		gpiod_to_irq(gpio_to_desc((unsigned int)gpio_mute_chip.base)),
		-ENXIO);
	gpiod_put(desc);
}
END_TEST

START_TEST(nothing_is_done_with_no_line)
{
	struct gpio_desc *bad = ERR_PTR(-EBUSY);

	ck_assert_int_eq(gpiod_direction_input(NULL), 0);
	ck_assert_int_eq(gpiod_direction_output(NULL, 1), 0);
	ck_assert_int_eq(gpiod_direction_output_raw(NULL, 1), 0);
	ck_assert_int_eq(gpiod_get_value(NULL), 0);
	ck_assert_int_eq(gpiod_get_raw_value(NULL), 0);
	gpiod_set_value(NULL, 1);
	gpiod_set_raw_value(NULL, 1);
	gpiod_toggle_active_low(NULL);
	ck_assert_int_eq(gpiod_set_consumer_name(NULL, "x"), 0);
	ck_assert_int_eq(gpiod_get_direction(NULL), -EINVAL);
	ck_assert_int_eq(gpiod_to_irq(NULL), -EINVAL);
	ck_assert_int_eq(gpiod_is_active_low(NULL), -EINVAL);
	ck_assert_int_eq(gpiod_cansleep(NULL), -EINVAL);
	ck_assert_int_eq(desc_to_gpio(NULL), -1);

	ck_assert_int_eq(gpiod_direction_input(bad), -EBUSY);
	ck_assert_int_eq(gpiod_direction_output(bad, 1), -EBUSY);
	ck_assert_int_eq(gpiod_direction_output_raw(bad, 1), -EBUSY);
	ck_assert_int_eq(gpiod_get_value(bad), -EBUSY);
	ck_assert_int_eq(gpiod_get_raw_value(bad), -EBUSY);
	gpiod_set_value(bad, 1);
	gpiod_set_raw_value(bad, 1);
}
END_TEST

START_TEST(a_chip_may_go_while_lines_of_it_are_in_use)
{
	struct gpio_desc *desc = gpiod_get(&gpio_owner, "enable", GPIOD_IN);

	gpiochip_remove(&gpio_rig_chip);
	gpiochip_remove(&gpio_rig_chip);
	ck_assert_int_eq(gpiod_get_value(desc), -ENODEV);
	ck_assert_int_eq(gpiod_direction_input(desc), -ENODEV);
	ck_assert_int_eq(gpiod_direction_output(desc, 1), -ENODEV);
	ck_assert_int_eq(gpiod_get_direction(desc), -ENODEV);
	ck_assert_int_eq(gpiod_to_irq(desc), -ENODEV);
	ck_assert_int_eq(gpiod_cansleep(desc), -ENODEV);
	gpiod_set_value(desc, 1);
	ck_assert_int_eq(error_of("enable", 1), -EPROBE_DEFER);
	gpiod_put(desc);
	gpio_nr_taken = 0; /* it was not told */
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("bus/gpio");
	TCase *tcase = tcase_create("line");

	tcase_add_checked_fixture(tcase, gpio_rig_setup, gpio_rig_teardown);
	tcase_add_test(tcase, a_device_gets_the_lines_which_were_configured);
	tcase_add_test(tcase, what_cannot_be_had_is_told_why);
	tcase_add_test(tcase, a_driver_may_say_which_lines);
	tcase_add_test(tcase, values_are_what_is_active_and_raw_ones_levels);
	tcase_add_test(tcase, what_is_open_lets_go);
	tcase_add_test(tcase, a_line_has_an_interrupt_if_its_chip_says_so);
	tcase_add_test(tcase, nothing_is_done_with_no_line);
	tcase_add_test(tcase, a_chip_may_go_while_lines_of_it_are_in_use);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
