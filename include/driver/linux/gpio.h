/* SPDX-License-Identifier: MIT */
/*
 * GPIO lines by their numbers, which are those of the chip (gpio-sim: parameter
 * base). Values are levels. New code uses linux/gpio/consumer.h, which says more
 * of each of these.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_GPIO_H
#define _LINUX_GPIO_H

#include <linux/errno.h>
#include <linux/gpio/consumer.h>
#include <linux/types.h>

#define GPIOF_DIR_OUT	    (0 << 0)
#define GPIOF_DIR_IN	    (1 << 0)
#define GPIOF_INIT_LOW	    (0 << 1)
#define GPIOF_INIT_HIGH	    (1 << 1)

#define GPIOF_IN	    (GPIOF_DIR_IN)
#define GPIOF_OUT_INIT_LOW  (GPIOF_DIR_OUT | GPIOF_INIT_LOW)
#define GPIOF_OUT_INIT_HIGH (GPIOF_DIR_OUT | GPIOF_INIT_HIGH)
#define GPIOF_ACTIVE_LOW    (1 << 2)
#define GPIOF_OPEN_DRAIN    (1 << 3)
#define GPIOF_OPEN_SOURCE   (1 << 4)

struct gpio {
	unsigned int gpio;
	unsigned long flags; /* GPIOF_* */
	const char *label;
};

static inline bool gpio_is_valid(int number)
{
	return number >= 0;
}

/**
 * gpio_request() - get a line
 * @gpio:	its number
 * @label:	for people
 *
 * Stage:  in-band, from a fiber.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EPROBE_DEFER there is no such line, or its chip goes
 *   -EINVAL	there can be no such line
 *   -EBUSY	somebody has it
 *   or what its chip says
 */
int gpio_request(unsigned int gpio, const char *label);
/* The same, to be what GPIOF_* say. */
int gpio_request_one(unsigned int gpio, unsigned long flags, const char *label);
/* All or none. */
int gpio_request_array(const struct gpio *array, size_t num);
/* Give it back. In-band, from a fiber. */
void gpio_free(unsigned int gpio);
void gpio_free_array(const struct gpio *array, size_t num);
/* The same, which the device owns. */
int devm_gpio_request(struct device *dev, unsigned int gpio, const char *label);
int devm_gpio_request_one(struct device *dev, unsigned int gpio,
			  unsigned long flags, const char *label);

/* -EINVAL of a line which is not there, all of these. */
int gpio_direction_input(unsigned int gpio);
int gpio_direction_output(unsigned int gpio, int value);
int gpio_get_value(unsigned int gpio);
void gpio_set_value(unsigned int gpio, int value);
int gpio_to_irq(unsigned int gpio);
int gpio_cansleep(unsigned int gpio);
#define gpio_get_value_cansleep(gpio)	     gpio_get_value(gpio)
#define gpio_set_value_cansleep(gpio, value) gpio_set_value(gpio, value)

#endif /* _LINUX_GPIO_H */
