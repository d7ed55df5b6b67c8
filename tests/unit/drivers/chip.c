/* SPDX-License-Identifier: MIT */
/* For test-bus.c: a GPIO chip, which FORGETFUL does not take away. */
#include <linux/gpio/driver.h>
#include <linux/module.h>

static int get(struct gpio_chip *gc, unsigned int offset)
{
	return 1;
}

static struct gpio_chip chip = {
	.label = "toy",
	.get = get,
	.base = -1,
	.ngpio = 4,
};

static int __init chip_init(void)
{
	return gpiochip_add_data(&chip, NULL);
}
module_init(chip_init);

static void __exit chip_exit(void)
{
#ifndef FORGETFUL
	gpiochip_remove(&chip);
#endif
}
module_exit(chip_exit);

MODULE_LICENSE("MIT");
