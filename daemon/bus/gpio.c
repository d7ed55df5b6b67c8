/* SPDX-License-Identifier: MIT */
/* What is done with a GPIO line, by who has it. Any stage. */
#include "bus/gpio.h"

#include "kapi/export.h"

#include <errno.h>
#include <linux/gpio/machine.h>

/* Acquire: pairs with gpiochip_add_data(). */
static struct gpio_chip *chip_of(const struct gpio_desc *desc)
{
	return atomic_load_explicit(&desc->gdev->chip, memory_order_acquire);
}

/*
 * Directions.
 */

EXPORT int gpiod_get_direction(struct gpio_desc *desc)
{
	struct gpio_chip *gc;

	if (IS_ERR_OR_NULL(desc))
		return -EINVAL;
	gc = chip_of(desc);
	if (gc == NULL)
		return -ENODEV;

	return gc->get_direction ? gc->get_direction(gc, desc->offset)
				 : -ENOTSUPP;
}

EXPORT int gpiod_direction_input(struct gpio_desc *desc)
{
	struct gpio_chip *gc;

	if (IS_ERR_OR_NULL(desc))
		return desc ? (int)PTR_ERR(desc) : 0;
	gc = chip_of(desc);
	if (gc == NULL)
		return -ENODEV;
	if (gc->get == NULL)
		return -EIO;
	if (gc->direction_input)
		return gc->direction_input(gc, desc->offset);

	/* One which cannot be set may be one all the same. */
	return gc->get_direction && gc->get_direction(gc, desc->offset) ==
					    GPIO_LINE_DIRECTION_IN
		       ? 0
		       : -EIO;
}

static int drive(struct gpio_desc *desc, int level)
{
	struct gpio_chip *gc = chip_of(desc);

	if (gc == NULL)
		return -ENODEV;
	if (gc->direction_output)
		return gc->direction_output(gc, desc->offset, level);
	if (gc->set == NULL)
		return -EIO;
	if (gc->get_direction &&
	    gc->get_direction(gc, desc->offset) != GPIO_LINE_DIRECTION_OUT)
		return -EIO;
	gc->set(gc, desc->offset, level);

	return 0;
}

EXPORT int gpiod_direction_output_raw(struct gpio_desc *desc, int value)
{
	if (IS_ERR_OR_NULL(desc))
		return desc ? (int)PTR_ERR(desc) : 0;

	return drive(desc, !!value);
}

/* An open drain that is high, or an open source that is low, lets go. */
static bool lets_go(const struct gpio_desc *desc, bool level)
{
	return level ? desc->open_drain : desc->open_source;
}

EXPORT int gpiod_direction_output(struct gpio_desc *desc, int value)
{
	bool level;

	if (IS_ERR_OR_NULL(desc))
		return desc ? (int)PTR_ERR(desc) : 0;

	level = !!value != desc->active_low;

	return lets_go(desc, level) ? gpiod_direction_input(desc)
				    : drive(desc, level);
}

/*
 * Values.
 */

EXPORT int gpiod_get_raw_value(const struct gpio_desc *desc)
{
	struct gpio_chip *gc;
	int value;

	if (IS_ERR_OR_NULL(desc))
		return desc ? (int)PTR_ERR(desc) : 0;
	gc = chip_of(desc);
	if (gc == NULL)
		return -ENODEV;
	if (gc->get == NULL)
		return -EIO;
	value = gc->get(gc, desc->offset);

	return value < 0 ? value : !!value;
}

EXPORT int gpiod_get_value(const struct gpio_desc *desc)
{
	int value = gpiod_get_raw_value(desc);

	if (value < 0 || IS_ERR_OR_NULL(desc))
		return value;

	return value != desc->active_low;
}

EXPORT void gpiod_set_raw_value(struct gpio_desc *desc, int value)
{
	struct gpio_chip *gc;

	if (IS_ERR_OR_NULL(desc))
		return;
	gc = chip_of(desc);
	if (gc && gc->set)
		gc->set(gc, desc->offset, !!value);
}

EXPORT void gpiod_set_value(struct gpio_desc *desc, int value)
{
	if (IS_ERR_OR_NULL(desc))
		return;

	/* What lets go is an input meanwhile. */
	if (desc->open_drain || desc->open_source)
		gpiod_direction_output(desc, value);
	else
		gpiod_set_raw_value(desc, !!value != desc->active_low);
}

/*
 * What it is.
 */

EXPORT int gpiod_to_irq(const struct gpio_desc *desc)
{
	struct gpio_chip *gc;
	int irq;

	if (IS_ERR_OR_NULL(desc))
		return -EINVAL;
	gc = chip_of(desc);
	if (gc == NULL)
		return -ENODEV;
	irq = gc->to_irq ? gc->to_irq(gc, desc->offset) : -ENXIO;

	return irq ? irq : -ENXIO;
}

EXPORT int gpiod_is_active_low(const struct gpio_desc *desc)
{
	return IS_ERR_OR_NULL(desc) ? -EINVAL : desc->active_low;
}

EXPORT void gpiod_toggle_active_low(struct gpio_desc *desc)
{
	if (!IS_ERR_OR_NULL(desc))
		desc->active_low = !desc->active_low;
}

EXPORT int gpiod_cansleep(const struct gpio_desc *desc)
{
	const struct gpio_chip *gc;

	if (IS_ERR_OR_NULL(desc))
		return -EINVAL;
	gc = chip_of(desc);

	return gc ? gc->can_sleep : -ENODEV;
}

EXPORT int desc_to_gpio(const struct gpio_desc *desc)
{
	return IS_ERR_OR_NULL(desc) ? -1 : desc->gdev->base + (int)desc->offset;
}

int gpio_configure_line(struct gpio_desc *desc, unsigned long lookup_flags,
			enum gpiod_flags flags)
{
	desc->active_low = lookup_flags & GPIO_ACTIVE_LOW;
	desc->open_drain = (lookup_flags & GPIO_OPEN_DRAIN) ||
			   (flags & GPIOD_FLAGS_BIT_OPEN_DRAIN);
	desc->open_source = lookup_flags & GPIO_OPEN_SOURCE;

	if (!(flags & GPIOD_FLAGS_BIT_DIR_SET))
		return 0;
	if (flags & GPIOD_FLAGS_BIT_DIR_OUT)
		return gpiod_direction_output(
			desc, !!(flags & GPIOD_FLAGS_BIT_DIR_VAL));

	return gpiod_direction_input(desc);
}
