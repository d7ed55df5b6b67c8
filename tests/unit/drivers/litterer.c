/* SPDX-License-Identifier: MIT */
/*
 * For test-bus.c: a driver of a platform device which leaves everything behind:
 * its driver and device, what its probe function made, lines and registers.
 */
#include <linux/device.h>
#include <linux/gpio.h>
#include <linux/gpio/consumer.h>
#include <linux/gpio/machine.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/module.h>
#include <linux/platform_device.h>

#define REGS 0x5000

int litterer_more(void);

static bool fail;
module_param(fail, bool, 0444);

static struct gpiod_lookup_table lines = {
	.dev_id = "litterer",
	.table = { GPIO_LOOKUP("toy", 1, "own", 0),
		   GPIO_LOOKUP("toy", 2, "device", 0),
		   {} },
};

static struct class *class;

static int litterer_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct gpio_desc *own = gpiod_get(dev, "own", GPIOD_ASIS);

	if (IS_ERR(own))
		return PTR_ERR(own);
	if (IS_ERR(devm_gpiod_get(dev, "device", GPIOD_ASIS)) ||
	    gpio_request((unsigned int)desc_to_gpio(own) + 2, "litter") ||
	    IS_ERR(devm_platform_ioremap_resource(pdev, 0)) ||
	    !request_mem_region(0x9000, 16, "litter"))
		return -EBUSY;
	class = class_create("litter");
	if (IS_ERR(device_create(class, dev, 0, NULL, "litter")))
		return -EEXIST;

	return PTR_ERR_OR_ZERO(platform_device_register_simple(
		"litterer-child", PLATFORM_DEVID_NONE, NULL, 0));
}

static int litterer_remove(struct platform_device *pdev)
{
	BUG();
}

static struct platform_driver litterer_driver = {
	.probe = litterer_probe,
	.remove = litterer_remove,
	.driver = { .name = "litterer" },
};

/* Called by the test, in neither of its functions. */
int litterer_more(void)
{
	struct platform_device *pdev = platform_device_register_simple(
		"litterer-more", PLATFORM_DEVID_NONE, NULL, 0);

	return PTR_ERR_OR_ZERO(pdev);
}
EXPORT_SYMBOL(litterer_more);

static int __init litterer_init(void)
{
	const struct resource res = DEFINE_RES_MEM(REGS, 16);

	gpiod_add_lookup_table(&lines);
	if (platform_driver_register(&litterer_driver))
		return -EBUSY;
	if (IS_ERR(platform_device_register_simple(
		    "litterer", PLATFORM_DEVID_NONE, &res, 1)))
		return -EEXIST;

	return fail ? -ENODEV : 0;
}
module_init(litterer_init);

static void __exit litterer_exit(void)
{
	class_destroy(class);
	class = NULL;
}
module_exit(litterer_exit);

MODULE_LICENSE("MIT");
