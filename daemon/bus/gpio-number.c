/* SPDX-License-Identifier: MIT */
/* GPIO lines by their numbers (<linux/gpio.h>). */
#include "bus/gpio.h"
#include "kapi/export.h"

#include <errno.h>
#include <limits.h>
#include <linux/gpio.h>
#include <linux/gpio/machine.h>

static enum gpiod_flags initially(unsigned long flags)
{
	if (flags == GPIO_AS_IS)
		return GPIOD_ASIS;
	if (flags & GPIOF_DIR_IN)
		return GPIOD_IN;

	/* A level, whatever is active. */
	return !(flags & GPIOF_INIT_HIGH) == !(flags & GPIOF_ACTIVE_LOW)
		       ? GPIOD_OUT_LOW
		       : GPIOD_OUT_HIGH;
}

static unsigned long lookup_flags(unsigned long flags)
{
	if (flags == GPIO_AS_IS)
		return 0;

	return (flags & GPIOF_ACTIVE_LOW ? GPIO_ACTIVE_LOW : 0) |
	       (flags & GPIOF_OPEN_DRAIN ? GPIO_OPEN_DRAIN : 0) |
	       (flags & GPIOF_OPEN_SOURCE ? GPIO_OPEN_SOURCE : 0);
}

int gpio_request_number(unsigned int gpio, unsigned long flags,
			const char *label, const void *caller)
{
	struct gpio_desc *desc = gpio_to_desc(gpio);
	int ret;

	if (desc == NULL)
		return gpio > INT_MAX ? -EINVAL : -EPROBE_DEFER;

	ret = gpio_request_line(desc, label, caller);
	if (ret)
		return ret;
	ret = gpio_configure_line(desc, lookup_flags(flags), initially(flags));
	if (ret)
		gpio_free_line(desc);

	return ret;
}

EXPORT int gpio_request(unsigned int gpio, const char *label)
{
	return gpio_request_number(gpio, GPIO_AS_IS, label, GPIO_CALLER);
}

EXPORT int gpio_request_one(unsigned int gpio, unsigned long flags,
			    const char *label)
{
	return gpio_request_number(gpio, flags, label, GPIO_CALLER);
}

EXPORT int gpio_request_array(const struct gpio *array, size_t num)
{
	int ret;

	for (size_t i = 0; i < num; i++) {
		ret = gpio_request_number(array[i].gpio, array[i].flags,
					  array[i].label, GPIO_CALLER);
		if (ret) {
			gpio_free_array(array, i);
			return ret;
		}
	}

	return 0;
}

EXPORT void gpio_free(unsigned int gpio)
{
	gpiod_put(gpio_to_desc(gpio));
}

EXPORT void gpio_free_array(const struct gpio *array, size_t num)
{
	while (num--)
		gpio_free(array[num].gpio);
}

EXPORT int gpio_direction_input(unsigned int gpio)
{
	struct gpio_desc *desc = gpio_to_desc(gpio);

	return desc ? gpiod_direction_input(desc) : -EINVAL;
}

EXPORT int gpio_direction_output(unsigned int gpio, int value)
{
	struct gpio_desc *desc = gpio_to_desc(gpio);

	return desc ? gpiod_direction_output_raw(desc, value) : -EINVAL;
}

EXPORT int gpio_get_value(unsigned int gpio)
{
	const struct gpio_desc *desc = gpio_to_desc(gpio);

	return desc ? gpiod_get_raw_value(desc) : -EINVAL;
}

EXPORT void gpio_set_value(unsigned int gpio, int value)
{
	gpiod_set_raw_value(gpio_to_desc(gpio), value);
}

EXPORT int gpio_to_irq(unsigned int gpio)
{
	return gpiod_to_irq(gpio_to_desc(gpio));
}

EXPORT int gpio_cansleep(unsigned int gpio)
{
	return gpiod_cansleep(gpio_to_desc(gpio));
}
