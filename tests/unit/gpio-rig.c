/* SPDX-License-Identifier: MIT */
#include "gpio-rig.h"

#include "bus/firmware.h"
#include "inband-rig.h"
#include "vfs/devres.h"

#include <errno.h>

bool gpio_level[GPIO_RIG_LINES], gpio_is_output[GPIO_RIG_LINES];
int gpio_nr_taken, gpio_refusal;

static int take(struct gpio_chip *gc, unsigned int offset)
{
	ck_assert_ptr_eq(gpiochip_get_data(gc), gpio_level);
	ck_assert_ptr_nonnull(gpiochip_is_requested(gc, offset));
	if (gpio_refusal)
		return gpio_refusal;
	gpio_nr_taken++;

	return 0;
}

static void leave(struct gpio_chip *gc, unsigned int offset)
{
	gpio_nr_taken--;
	gpio_is_output[offset] = false;
}

static int be_input(struct gpio_chip *gc, unsigned int offset)
{
	if (offset == GPIO_RIG_LINES - 1)
		return -ENOTSUPP;
	gpio_is_output[offset] = false;

	return 0;
}

static int be_output(struct gpio_chip *gc, unsigned int offset, int value)
{
	gpio_is_output[offset] = true;
	gpio_level[offset] = value;

	return 0;
}

static int direction(struct gpio_chip *gc, unsigned int offset)
{
	return !gpio_is_output[offset];
}

static int get(struct gpio_chip *gc, unsigned int offset)
{
	return gpio_level[offset] ? 0x10 : 0; /* any bit will do */
}

static void set(struct gpio_chip *gc, unsigned int offset, int value)
{
	gpio_level[offset] = value;
}

static int to_irq(struct gpio_chip *gc, unsigned int offset)
{
	return offset == 0 ? 0 : 40 + (int)offset;
}

static const char *const names[GPIO_RIG_LINES] = { "first", NULL, "lamp", "7" };

struct gpio_chip gpio_rig_chip = {
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
	.ngpio = GPIO_RIG_LINES,
	.names = names,
};

struct gpio_chip gpio_mute_chip = { .label = "mute", .base = -1, .ngpio = 2 };

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

struct device gpio_owner, gpio_other;

void gpio_rig_setup(void)
{
	inband_setup();
	gpio_owner.init_name = "it";
	gpio_other.init_name = "other";
	device_initialize(&gpio_owner);
	device_initialize(&gpio_other);
	ck_assert_int_eq(firmware_new("it", props,
				      sizeof(props) / sizeof(props[0]),
				      &gpio_owner.of_node),
			 0);
	ck_assert_int_eq(gpiochip_add_data(&gpio_rig_chip, gpio_level), 0);
	ck_assert_int_eq(gpiochip_add_data(&gpio_mute_chip, NULL), 0);
}

void gpio_rig_teardown(void)
{
	devres_release_all(&gpio_owner);
	ck_assert_int_eq(gpio_nr_taken, 0);
	gpiochip_remove(&gpio_rig_chip);
	gpiochip_remove(&gpio_mute_chip);
	firmware_free(gpio_owner.of_node);
	inband_teardown();
}
