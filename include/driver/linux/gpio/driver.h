/* SPDX-License-Identifier: MIT */
/*
 * GPIO chips, for who has one: a driver whose lines others use by
 * linux/gpio/consumer.h. Functions of a chip are called where those are; they
 * take offsets, and levels.
 *
 * Source: driver-api names consumers only; as in Linux 6.6
 */
#ifndef _LINUX_GPIO_DRIVER_H
#define _LINUX_GPIO_DRIVER_H

#include <linux/bits.h>
#include <linux/types.h>

struct device;
struct gpio_device;
struct module;

#define GPIO_LINE_DIRECTION_IN	1
#define GPIO_LINE_DIRECTION_OUT 0

struct gpio_chip {
	const char *label;	     /* by which it is found */
	struct gpio_device *gpiodev; /* the core's own */
	struct device *parent;
	struct module *owner; /* stays while a line is in use */

	/* 0 or an error; each may be NULL. */
	int (*request)(struct gpio_chip *gc, unsigned int offset);
	void (*free)(struct gpio_chip *gc, unsigned int offset);
	int (*get_direction)(struct gpio_chip *gc, unsigned int offset);
	int (*direction_input)(struct gpio_chip *gc, unsigned int offset);
	int (*direction_output)(struct gpio_chip *gc, unsigned int offset,
				int value);
	int (*get)(struct gpio_chip *gc, unsigned int offset);
	void (*set)(struct gpio_chip *gc, unsigned int offset, int value);
	int (*to_irq)(struct gpio_chip *gc, unsigned int offset);

	int base; /* number of its first line; -1: any, and set then */
	u16 ngpio;
	const char *const *names; /* of its lines; each may be NULL */
	bool can_sleep;
	void *data; /* the core's own */
};

/**
 * gpiochip_add_data() - have others use a chip's lines
 * @gc:		the chip
 * @data:	for gpiochip_get_data()
 *
 * Devices which wait for it are probed again.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	it has no lines, or there are no such numbers
 *   -EBUSY	another chip has some of its numbers
 *   -ENOMEM
 */
int gpiochip_add_data(struct gpio_chip *gc, void *data);
/* The reverse. Who has a line of it still gets -ENODEV, and the log tells. */
void gpiochip_remove(struct gpio_chip *gc);
/* gpiochip_add_data(), which @dev owns. */
int devm_gpiochip_add_data(struct device *dev, struct gpio_chip *gc,
			   void *data);

static inline void *gpiochip_get_data(struct gpio_chip *gc)
{
	return gc->data;
}

/* Who has that line, as people see it; NULL: nobody. Any stage; valid while its
 * ->free was not called. */
const char *gpiochip_is_requested(struct gpio_chip *gc, unsigned int offset);

#endif /* _LINUX_GPIO_DRIVER_H */
