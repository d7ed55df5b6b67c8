/* SPDX-License-Identifier: MIT */
/* GPIO lines: who gets which, and what is done with them, on a chip of the
 * test's own. */
#include "bus/bind.h"
#include "bus/firmware.h"
#include "bus/gpio-spec.h"
#include "bus/gpio.h"
#include "inband-rig.h"
#include "vfs/devres.h"
#include "vfs/module.h"

#include <errno.h>
#include <limits.h>
#include <linux/device.h>
#include <linux/gpio.h>
#include <linux/gpio/driver.h>
#include <linux/gpio/machine.h>
#include <linux/of_gpio.h>
#include <stdio.h>
#include <string.h>

#define NR 8

/* Its lines: what a wire of each is at, and what they are. */
static bool level[NR], is_output[NR];
static int nr_taken, refusal;

static int take(struct gpio_chip *gc, unsigned int offset)
{
	ck_assert_ptr_eq(gpiochip_get_data(gc), level);
	ck_assert_ptr_nonnull(gpiochip_is_requested(gc, offset));
	if (refusal)
		return refusal;
	nr_taken++;

	return 0;
}

static void leave(struct gpio_chip *gc, unsigned int offset)
{
	nr_taken--;
	is_output[offset] = false;
}

static int be_input(struct gpio_chip *gc, unsigned int offset)
{
	if (offset == NR - 1)
		return -ENOTSUPP;
	is_output[offset] = false;

	return 0;
}

static int be_output(struct gpio_chip *gc, unsigned int offset, int value)
{
	is_output[offset] = true;
	level[offset] = value;

	return 0;
}

static int direction(struct gpio_chip *gc, unsigned int offset)
{
	return !is_output[offset];
}

static int get(struct gpio_chip *gc, unsigned int offset)
{
	return level[offset] ? 0x10 : 0; /* any bit will do */
}

static void set(struct gpio_chip *gc, unsigned int offset, int value)
{
	level[offset] = value;
}

static int to_irq(struct gpio_chip *gc, unsigned int offset)
{
	return offset == 0 ? 0 : 40 + (int)offset;
}

static const char *const names[NR] = { "first", NULL, "lamp", "7" };

static struct gpio_chip chip = {
	.label = "chip",
	.request = take,
	.free = leave,
	.get_direction = direction,
	.direction_input = be_input,
	.direction_output = be_output,
	.get = get,
	.set = set,
	.to_irq = to_irq,
	.base = -1,
	.ngpio = NR,
	.names = names,
};

/* One that can do nothing. */
static struct gpio_chip mute = { .label = "mute", .base = -1, .ngpio = 2 };

static const struct firmware_property props[] = {
	{ "enable-gpios", "chip 1 active-low, chip lamp ,chip 3" },
	{ "reset-gpio", "chip 4 open-drain" },
	{ "gpios", "chip 5 open-source" },
	{ "far-gpios", "chip 8" },
	{ "absent-gpios", "other 1" },
	{ "unnamed-gpios", "chip nothing" },
	{ "mute-gpios", "mute 0" },
	{ "bad-gpios", "chip" },
	{ "last-gpios", "chip 6, chip 7" },
};

static struct device dev, other_dev;

static void setup(void)
{
	inband_setup();
	dev.init_name = "it";
	other_dev.init_name = "other";
	device_initialize(&dev);
	device_initialize(&other_dev);
	ck_assert_int_eq(firmware_new("it", props,
				      sizeof(props) / sizeof(props[0]),
				      &dev.of_node),
			 0);
	ck_assert_int_eq(gpiochip_add_data(&chip, level), 0);
	ck_assert_int_eq(gpiochip_add_data(&mute, NULL), 0);
}

static void teardown(void)
{
	devres_release_all(&dev);
	ck_assert_int_eq(nr_taken, 0);
	gpiochip_remove(&chip);
	gpiochip_remove(&mute);
	firmware_free(dev.of_node);
	inband_teardown();
}

START_TEST(a_device_gets_the_lines_which_were_configured)
{
	struct gpio_desc *a = gpiod_get(&dev, "enable", GPIOD_OUT_HIGH);
	struct gpio_desc *b =
		gpiod_get_index(&dev, "enable", 1, GPIOD_OUT_HIGH);
	struct gpio_desc *c = gpiod_get(&dev, "reset", GPIOD_ASIS);
	struct gpio_desc *d = gpiod_get(&dev, NULL, GPIOD_IN);

	ck_assert(!IS_ERR(a) && !IS_ERR(b) && !IS_ERR(c) && !IS_ERR(d));
	ck_assert_int_eq(desc_to_gpio(a), chip.base + 1);
	ck_assert_int_eq(desc_to_gpio(b), chip.base + 2);
	ck_assert_int_eq(desc_to_gpio(c), chip.base + 4);
	ck_assert_int_eq(desc_to_gpio(d), chip.base + 5);
	/* Active, which is low for the first. */
	ck_assert(is_output[1] && !level[1]);
	ck_assert(is_output[2] && level[2]);
	ck_assert(!is_output[4] && !is_output[5]);
	ck_assert_int_eq(gpiod_is_active_low(a), 1);
	ck_assert_int_eq(gpiod_is_active_low(b), 0);
	ck_assert_str_eq(gpiochip_is_requested(&chip, 1), "enable");
	ck_assert_str_eq(gpiochip_is_requested(&chip, 5), "it");
	ck_assert_ptr_null(gpiochip_is_requested(&chip, 0));
	ck_assert_ptr_null(gpiochip_is_requested(&chip, NR));
	ck_assert_int_eq(gpiod_set_consumer_name(a, "motor"), 0);
	ck_assert_str_eq(gpiochip_is_requested(&chip, 1), "motor");
	ck_assert_int_eq(gpiod_count(&dev, "enable"), 3);
	ck_assert_int_eq(gpiod_count(&dev, "reset"), 1);
	ck_assert_int_eq(gpiod_count(&dev, NULL), 1);
	ck_assert_int_eq(gpiod_count(&dev, "none"), -ENOENT);
	ck_assert_int_eq(gpiod_count(NULL, "none"), -ENOENT);
	ck_assert_int_eq(nr_taken, 4);
	gpiod_put(a);
	gpiod_put(b);
	gpiod_put(c);
	gpiod_put(d);
	gpiod_put(NULL);
	gpiod_put(ERR_PTR(-EINVAL));
	ck_assert_int_eq(nr_taken, 0);
	/* It is nobody's: told in the log. */
	gpiod_put(a);
	ck_assert_int_eq(nr_taken, 0);
}
END_TEST

static int error_of(const char *con_id, unsigned int idx)
{
	struct gpio_desc *desc = gpiod_get_index(&dev, con_id, idx, GPIOD_ASIS);

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
	desc = gpiod_get(&dev, "enable", GPIOD_ASIS);
	ck_assert_int_eq(error_of("enable", 0), -EBUSY);
	gpiod_put(desc);
	ck_assert_int_eq(error_of("enable", 0), 0);
	refusal = -EACCES;
	ck_assert_int_eq(error_of("enable", 0), -EACCES);
	refusal = 0;
	ck_assert_int_eq(error_of("enable", 0), 0);

	/* One which cannot be that is given back. */
	desc = gpiod_get(&dev, "mute", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(desc), -EIO);
	desc = gpiod_get(&dev, "mute", GPIOD_OUT_LOW);
	ck_assert_int_eq(PTR_ERR(desc), -EIO);
	desc = gpiod_get_index(&dev, "last", 1, GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(desc), -ENOTSUPP);
	ck_assert_int_eq(error_of("mute", 0), 0);

	ck_assert_ptr_null(gpiod_get_optional(&dev, "none", GPIOD_IN));
	ck_assert_ptr_null(
		gpiod_get_index_optional(&dev, "enable", 3, GPIOD_IN));
	desc = gpiod_get_optional(&dev, "absent", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(desc), -EPROBE_DEFER);
	desc = gpiod_get_optional(&dev, "enable", GPIOD_IN);
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
			GPIO_LOOKUP("chip", NR, "far", 0),
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

	ck_assert_int_eq(gpiod_count(&other_dev, "enable"), -ENOENT);
	gpiod_add_lookup_tables(both, 2);
	for (unsigned int i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		desc = gpiod_get_index(&other_dev, lines[i].con_id,
				       lines[i].idx, GPIOD_ASIS);
		ck_assert_int_eq(IS_ERR(desc) ? PTR_ERR(desc)
					      : desc_to_gpio(desc) - chip.base,
				 lines[i].offset);
		gpiod_put(desc);
	}
	desc = gpiod_get(&other_dev, "enable", GPIOD_OUT_HIGH);
	ck_assert(!level[1]);
	gpiod_put(desc);
	ck_assert_int_eq(gpiod_count(&other_dev, "enable"), 2);
	/* Of no device. */
	desc = gpiod_get(NULL, "anything", GPIOD_ASIS);
	ck_assert_int_eq(desc_to_gpio(desc), chip.base + 6);
	gpiod_put(desc);

	gpiod_remove_lookup_table(&table);
	ck_assert_int_eq(gpiod_count(&other_dev, "enable"), -ENOENT);
	gpiod_remove_lookup_table(&table);
	ck_assert_uint_eq(gpio_forget_tables(NULL), 1);
	ck_assert_int_eq(gpiod_count(NULL, NULL), -ENOENT);
	gpiod_remove_lookup_table(NULL);
}
END_TEST

START_TEST(values_are_what_is_active_and_raw_ones_levels)
{
	struct gpio_desc *desc = gpiod_get(&dev, "enable", GPIOD_OUT_LOW);

	ck_assert(level[1]);
	ck_assert_int_eq(gpiod_get_direction(desc), 0);
	ck_assert_int_eq(gpiod_get_value(desc), 0);
	ck_assert_int_eq(gpiod_get_raw_value(desc), 1);
	gpiod_set_value(desc, 5);
	ck_assert(!level[1]);
	ck_assert_int_eq(gpiod_get_value_cansleep(desc), 1);
	ck_assert_int_eq(gpiod_get_raw_value_cansleep(desc), 0);
	gpiod_set_raw_value(desc, 5);
	ck_assert(level[1]);
	gpiod_set_raw_value_cansleep(desc, 0);
	gpiod_set_value_cansleep(desc, 0);
	ck_assert(level[1]);
	gpiod_toggle_active_low(desc);
	ck_assert_int_eq(gpiod_get_value(desc), 1);
	ck_assert_int_eq(gpiod_direction_input(desc), 0);
	ck_assert_int_eq(gpiod_get_direction(desc), 1);
	ck_assert_int_eq(gpiod_direction_output_raw(desc, 0), 0);
	ck_assert(is_output[1] && !level[1]);
	ck_assert_int_eq(gpiod_direction_output(desc, 1), 0);
	ck_assert(level[1]);
	ck_assert_int_eq(gpiod_cansleep(desc), 0);
	gpiod_put(desc);
}
END_TEST

START_TEST(what_is_open_lets_go)
{
	struct gpio_desc *drain = gpiod_get(&dev, "reset", GPIOD_OUT_LOW);
	struct gpio_desc *source = gpiod_get(&dev, NULL, GPIOD_OUT_LOW);
	struct gpio_desc *own =
		gpiod_get(&dev, "enable", GPIOD_OUT_HIGH_OPEN_DRAIN);

	ck_assert(is_output[4] && !level[4]);
	gpiod_set_value(drain, 1);
	ck_assert(!is_output[4]);
	gpiod_set_value(drain, 0);
	ck_assert(is_output[4] && !level[4]);
	ck_assert(!is_output[5]);
	gpiod_set_value(source, 1);
	ck_assert(is_output[5] && level[5]);
	ck_assert(is_output[1] && !level[1]); /* active is low */
	gpiod_set_value(own, 0);
	ck_assert(!is_output[1]);
	gpiod_put(own);
	gpiod_put(source);
	gpiod_put(drain);
}
END_TEST

START_TEST(a_line_has_an_interrupt_if_its_chip_says_so)
{
	struct gpio_desc *desc = gpiod_get(&dev, "enable", GPIOD_IN);

	ck_assert_int_eq(gpiod_to_irq(desc), 41);
	ck_assert_int_eq(gpiod_to_irq(gpio_to_desc((unsigned int)chip.base)),
			 -ENXIO);
	ck_assert_int_eq(gpiod_to_irq(gpio_to_desc((unsigned int)mute.base)),
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
	struct gpio_desc *desc = gpiod_get(&dev, "enable", GPIOD_IN);

	gpiochip_remove(&chip);
	gpiochip_remove(&chip);
	ck_assert_int_eq(gpiod_get_value(desc), -ENODEV);
	ck_assert_int_eq(gpiod_direction_input(desc), -ENODEV);
	ck_assert_int_eq(gpiod_direction_output(desc, 1), -ENODEV);
	ck_assert_int_eq(gpiod_get_direction(desc), -ENODEV);
	ck_assert_int_eq(gpiod_to_irq(desc), -ENODEV);
	ck_assert_int_eq(gpiod_cansleep(desc), -ENODEV);
	gpiod_set_value(desc, 1);
	ck_assert_int_eq(error_of("enable", 1), -EPROBE_DEFER);
	gpiod_put(desc);
	nr_taken = 0; /* it was not told */
}
END_TEST

START_TEST(chips_have_numbers_of_their_own)
{
	struct gpio_chip none = { .label = "none", .base = -1 };
	struct gpio_chip fixed = { .label = "fixed", .ngpio = 4, .base = 100 };
	struct gpio_chip clash = { .label = "clash", .ngpio = 2, .base = 103 };
	struct gpio_chip late = { .label = "late", .ngpio = 4, .base = -1 };

	ck_assert_int_eq(chip.base, 512);
	ck_assert_int_eq(mute.base, 520);
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
	ck_assert_int_eq(devm_gpiochip_add_data(&dev, &late, NULL), -EBUSY);
	late.base = -1;
	ck_assert_int_eq(devm_gpiochip_add_data(&dev, &late, NULL), 0);
	devres_release_all(&dev);
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
	ck_assert_str_eq(gpiochip_is_requested(&chip, 1), "it");
	ck_assert_int_eq(gpio_request(513, "other"), -EBUSY);
	ck_assert_int_eq(gpio_request(5000, "it"), -EPROBE_DEFER);
	ck_assert_int_eq(gpio_request((unsigned int)-1, "it"), -EINVAL);
	ck_assert_int_eq(gpio_direction_output(513, 1), 0);
	ck_assert_int_eq(gpio_get_value(513), 1);
	gpio_set_value(513, 0);
	ck_assert(!level[1]);
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
	ck_assert_int_eq(nr_taken, 1);
	gpio_free(515);
	ck_assert_int_eq(gpio_request_array(some, 3), 0);
	ck_assert(is_output[1] && level[1] && is_output[2] && level[2]);
	ck_assert(!is_output[3]);
	gpio_free_array(some, 3);
	ck_assert_int_eq(gpio_request_one(520, GPIOF_IN, "mute"), -EIO);
	ck_assert_int_eq(gpio_request_one(512, GPIOF_OUT_INIT_LOW, NULL), 0);
	ck_assert(is_output[0] && !level[0]);
	gpio_free(512);

	ck_assert_int_eq(gpio_direction_input(5000), -EINVAL);
	ck_assert_int_eq(gpio_direction_output(5000, 1), -EINVAL);
	ck_assert_int_eq(gpio_get_value(5000), -EINVAL);
	ck_assert_int_eq(gpio_to_irq(5000), -EINVAL);
	ck_assert_int_eq(gpio_cansleep(5000), -EINVAL);
	gpio_set_value(5000, 1);
	gpio_free(5000);

	ck_assert_int_eq(of_get_named_gpio(dev.of_node, "enable-gpios", 1),
			 514);
	ck_assert_int_eq(of_get_named_gpio(dev.of_node, "enable-gpios", 3),
			 -ENOENT);
	ck_assert_int_eq(of_get_named_gpio(dev.of_node, "enable", 0), -ENOENT);
	ck_assert_int_eq(of_get_named_gpio(dev.of_node, "enable-gpios", -1),
			 -ENOENT);
	ck_assert_int_eq(of_get_named_gpio(dev.of_node, "absent-gpios", 0),
			 -EPROBE_DEFER);
	ck_assert_int_eq(of_get_named_gpio(dev.of_node, "far-gpios", 0),
			 -EINVAL);
	ck_assert_int_eq(of_get_named_gpio(NULL, "far-gpios", 0), -ENOENT);
}
END_TEST

START_TEST(a_device_owns_its_lines)
{
	struct gpio_desc *desc = devm_gpiod_get(&dev, "enable", GPIOD_IN);
	struct gpio_descs *all;

	ck_assert(!IS_ERR(desc));
	ck_assert_int_eq(PTR_ERR(devm_gpiod_get(&dev, "enable", GPIOD_IN)),
			 -EBUSY);
	ck_assert_ptr_null(devm_gpiod_get_optional(&dev, "none", GPIOD_IN));
	ck_assert_ptr_null(
		devm_gpiod_get_index_optional(&dev, "enable", 3, GPIOD_IN));
	ck_assert(!IS_ERR(devm_gpiod_get_index(&dev, "enable", 1, GPIOD_IN)));
	ck_assert(!IS_ERR(devm_gpiod_get_optional(&dev, NULL, GPIOD_IN)));
	ck_assert_int_eq(devm_gpio_request(&dev, 516, "x"), 0);
	ck_assert_int_eq(devm_gpio_request(&dev, 516, "x"), -EBUSY);
	ck_assert_int_eq(
		devm_gpio_request_one(&dev, 518, GPIOF_OUT_INIT_LOW, "x"), 0);
	ck_assert_int_eq(nr_taken, 5);
	all = devm_gpiod_get_array(&dev, "enable", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -EBUSY);
	ck_assert_int_eq(nr_taken, 5);
	devm_gpiod_put(&dev, desc);
	devm_gpiod_put(&dev, desc); /* told in the log */
	ck_assert_int_eq(nr_taken, 4);
	devres_release_all(&dev);
	ck_assert_int_eq(nr_taken, 0);

	all = devm_gpiod_get_array(&dev, "enable", GPIOD_OUT_HIGH);
	ck_assert(!IS_ERR(all));
	ck_assert_uint_eq(all->ndescs, 3);
	ck_assert_int_eq(desc_to_gpio(all->desc[2]), 515);
	ck_assert_int_eq(nr_taken, 3);
	devm_gpiod_put_array(&dev, all);
	devm_gpiod_put_array(&dev, all); /* told in the log */
	ck_assert_int_eq(nr_taken, 0);
	ck_assert_ptr_null(
		devm_gpiod_get_array_optional(&dev, "none", GPIOD_IN));
	all = devm_gpiod_get_array(&dev, "none", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -ENOENT);
	all = gpiod_get_array(&dev, "none", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -ENOENT);
	ck_assert_ptr_null(gpiod_get_array_optional(&dev, "none", GPIOD_IN));
	all = gpiod_get_array(&dev, "last", GPIOD_ASIS);
	ck_assert_uint_eq(all->ndescs, 2);
	gpiod_put_array(all);
	gpiod_put_array(NULL);
	/* The second of them cannot be one. */
	all = gpiod_get_array(&dev, "last", GPIOD_IN);
	ck_assert_int_eq(PTR_ERR(all), -ENOTSUPP);
	ck_assert_int_eq(nr_taken, 0);
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
	Suite *suite = suite_create("bus/gpio");
	TCase *tcase = tcase_create("line");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_device_gets_the_lines_which_were_configured);
	tcase_add_test(tcase, what_cannot_be_had_is_told_why);
	tcase_add_test(tcase, a_driver_may_say_which_lines);
	tcase_add_test(tcase, values_are_what_is_active_and_raw_ones_levels);
	tcase_add_test(tcase, what_is_open_lets_go);
	tcase_add_test(tcase, a_line_has_an_interrupt_if_its_chip_says_so);
	tcase_add_test(tcase, nothing_is_done_with_no_line);
	tcase_add_test(tcase, a_chip_may_go_while_lines_of_it_are_in_use);
	tcase_add_test(tcase, chips_have_numbers_of_their_own);
	tcase_add_test(tcase, numbers_will_do);
	tcase_add_test(tcase, a_device_owns_its_lines);
	tcase_add_test(tcase, lines_are_named_by_chip_and_line);
	suite_add_tcase(suite, tcase);

	return suite_run(suite);
}
