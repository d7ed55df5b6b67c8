/* SPDX-License-Identifier: MIT */
/*
 * What drivers of devices use (driver-api 5.4): platform devices, what was
 * configured of them, what they own, registers, GPIO lines, and hectic's FPU
 * tests. As every-name.c.
 */
#include <asm/evl/fptest.h>
#include <linux/acpi.h>
#include <linux/gpio.h>
#include <linux/gpio/consumer.h>
#include <linux/gpio/driver.h>
#include <linux/gpio/machine.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/of_device.h>
#include <linux/of_gpio.h>
#include <linux/of_irq.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>
#include <linux/pm_runtime.h>
#include <linux/property.h>
#include <linux/regmap.h>
#include <linux/slab.h>

#define HAS(name) ((void)&(name))

static const struct of_device_id every_of_ids[] = {
	{ .compatible = "acme,every" },
	{},
};
MODULE_DEVICE_TABLE(of, every_of_ids);

static const struct platform_device_id every_ids[] = { { "every", 1 }, {} };
MODULE_DEVICE_TABLE(platform, every_ids);

static irqreturn_t handle(int irq, void *dev_id)
{
	return IRQ_HANDLED;
}

static void act(void *data)
{
}

static void release_own(struct device *dev, void *res)
{
}

static int every_suspend(struct device *dev)
{
	return 0;
}
static DEFINE_SIMPLE_DEV_PM_OPS(every_pm, every_suspend, every_suspend);

static int every_configured(struct device *dev)
{
	const struct device_node *np = of_node_get(dev->of_node);
	const char *text, *texts[2];
	u32 number;
	u64 large;
	u16 word;
	u8 byte;
	s32 s;

	if (device_property_read_u8(dev, "a", &byte) ||
	    device_property_read_u16(dev, "a", &word) ||
	    device_property_read_u32(dev, "a", &number) ||
	    device_property_read_u64(dev, "a", &large) ||
	    device_property_read_string(dev, "a", &text) ||
	    device_property_read_string_array(dev, "a", texts, 2) < 0 ||
	    device_property_match_string(dev, "a", "b") < 0 ||
	    device_property_count_u8(dev, "a") < 0 ||
	    device_property_count_u16(dev, "a") < 0 ||
	    device_property_count_u32(dev, "a") < 0 ||
	    device_property_count_u64(dev, "a") < 0 ||
	    device_property_string_array_count(dev, "a") < 0 ||
	    !device_property_present(dev, "a") ||
	    device_property_read_bool(dev, "a"))
		return -EINVAL;
	if (of_property_read_u8(np, "a", &byte) ||
	    of_property_read_u16(np, "a", &word) ||
	    of_property_read_u32(np, "a", &number) ||
	    of_property_read_s32(np, "a", &s) ||
	    of_property_read_u64(np, "a", &large) ||
	    of_property_read_u8_array(np, "a", &byte, 1) ||
	    of_property_read_u16_array(np, "a", &word, 1) ||
	    of_property_read_u32_array(np, "a", &number, 1) ||
	    of_property_read_u64_array(np, "a", &large, 1) ||
	    of_property_read_u32_index(np, "a", 1, &number) ||
	    of_property_count_u32_elems(np, "a") < 0 ||
	    of_property_read_string(np, "a", &text) ||
	    of_property_read_string_index(np, "a", 1, &text) ||
	    of_property_count_strings(np, "a") < 0 ||
	    of_property_match_string(np, "a", "b") < 0 ||
	    !of_property_present(np, "a") || of_property_read_bool(np, "a"))
		return -EINVAL;
	of_node_put(dev->of_node);
	if (of_device_is_compatible(np, "a") ||
	    of_match_node(every_of_ids, np) ||
	    of_match_device(of_match_ptr(every_of_ids), dev) ||
	    of_device_get_match_data(dev) || device_get_match_data(dev) ||
	    has_acpi_companion(dev) || acpi_match_device(ACPI_PTR(NULL), dev))
		return -ENODEV;

	return 0;
}

static int every_owned(struct device *dev, int irq)
{
	void *own = devres_alloc(release_own, 8, GFP_KERNEL);
	char *text;

	if (own == NULL)
		return -ENOMEM;
	devres_add(dev, own);
	devres_find(dev, release_own, NULL, NULL);
	devres_free(devres_remove(dev, release_own, NULL, NULL));
	devres_release(dev, release_own, NULL, NULL);
	devres_destroy(dev, release_own, NULL, NULL);

	text = devm_kasprintf(dev, GFP_KERNEL, "%d", irq);
	devm_kfree(dev, text);
	HAS(devm_kmalloc);
	HAS(devm_kzalloc);
	HAS(devm_kcalloc);
	HAS(devm_kmalloc_array);
	HAS(devm_kmemdup);
	HAS(devm_kstrdup);
	HAS(devm_remove_action);
	HAS(devm_release_action);
	HAS(devm_ioremap);
	HAS(devm_iounmap);
	HAS(devm_request_mem_region);
	HAS(request_mem_region);
	HAS(release_mem_region);
	HAS(ioremap);
	HAS(iounmap);

	return devm_add_action(dev, act, text) ?:
	       devm_add_action_or_reset(dev, act, text) ?:
	       devm_request_irq(dev, (unsigned int)irq, handle, 0, "a", dev) ?:
	       devm_request_threaded_irq(dev, (unsigned int)irq, handle, handle,
					 IRQF_ONESHOT, NULL, dev);
}

static struct gpiod_lookup_table every_lines = {
	.dev_id = "every.0",
	.table = {
		GPIO_LOOKUP("chip", 1, "enable", GPIO_ACTIVE_LOW),
		GPIO_LOOKUP_IDX("chip", 2, "enable", 1, GPIO_OPEN_DRAIN),
		{},
	},
};

static int every_line(struct device *dev)
{
	struct gpio_desc *desc = devm_gpiod_get(dev, "enable", GPIOD_OUT_LOW);

	if (IS_ERR(desc))
		return PTR_ERR(desc);
	HAS(gpiod_get);
	HAS(gpiod_get_optional);
	HAS(gpiod_get_index);
	HAS(gpiod_get_index_optional);
	HAS(gpiod_get_array);
	HAS(gpiod_get_array_optional);
	HAS(devm_gpiod_get_optional);
	HAS(devm_gpiod_get_index);
	HAS(devm_gpiod_get_index_optional);
	HAS(devm_gpiod_get_array);
	HAS(devm_gpiod_get_array_optional);
	HAS(devm_gpiod_put_array);
	HAS(gpiod_put_array);
	HAS(gpiod_add_lookup_tables);
	gpiod_add_lookup_table(&every_lines);
	gpiod_remove_lookup_table(&every_lines);
	gpiod_direction_output_raw(desc, 1);
	gpiod_set_value(desc, gpiod_get_value(desc));
	gpiod_set_raw_value(desc, gpiod_get_raw_value(desc));
	gpiod_set_value_cansleep(desc, gpiod_get_value_cansleep(desc));
	gpiod_set_raw_value_cansleep(desc, gpiod_get_raw_value_cansleep(desc));
	gpiod_toggle_active_low(desc);
	gpiod_set_consumer_name(desc, "every");
	if (gpiod_direction_input(desc) || gpiod_direction_output(desc, 1) ||
	    gpiod_get_direction(desc) || gpiod_to_irq(desc) < 0 ||
	    gpiod_is_active_low(desc) || gpiod_cansleep(desc) ||
	    gpiod_count(dev, "enable") < 0)
		return -EIO;
	devm_gpiod_put(dev, gpio_to_desc((unsigned int)desc_to_gpio(desc)));
	gpiod_put(NULL);

	return 0;
}

static int every_number(struct device *dev)
{
	int gpio = of_get_named_gpio(dev->of_node, "enable-gpios", 0);
	unsigned int n = (unsigned int)gpio;
	struct gpio all[] = { { n, GPIOF_IN, "every" } };

	if (!gpio_is_valid(gpio) || gpio_request(n, "every") ||
	    gpio_request_one(n, GPIOF_OUT_INIT_HIGH, "every") ||
	    gpio_request_array(all, 1) || devm_gpio_request(dev, n, "every") ||
	    devm_gpio_request_one(dev, n, GPIOF_IN, "every") ||
	    gpio_direction_input(n) || gpio_direction_output(n, 0) ||
	    gpio_to_irq(n) < 0 || gpio_cansleep(n))
		return -EIO;
	gpio_set_value(n, gpio_get_value(n));
	gpio_set_value_cansleep(n, gpio_get_value_cansleep(n));
	gpio_free_array(all, 1);
	gpio_free(n);

	return 0;
}

static const struct regmap_config every_regmap = {
	.reg_bits = 32,
	.reg_stride = 4,
	.val_bits = 32,
	.max_register = 0xc,
	.fast_io = true,
};

static int every_register(struct device *dev, void __iomem *regs)
{
	struct regmap *map = devm_regmap_init_mmio(dev, regs, &every_regmap);
	struct device_node *np = dev->of_node;
	struct resource res;
	unsigned int val;

	if (IS_ERR(map))
		return PTR_ERR(map);
	HAS(regmap_init_mmio);
	HAS(regmap_exit);
	if (regmap_read(map, 0, &val) || regmap_write(map, 0, val) ||
	    regmap_update_bits(map, 0, 1, 1) || regmap_set_bits(map, 0, 1) ||
	    regmap_clear_bits(map, 0, 1) || regmap_test_bits(map, 0, 1) ||
	    regmap_bulk_read(map, 0, &val, 1) ||
	    regmap_bulk_write(map, 0, &val, 1))
		return -EIO;
	if (of_address_to_resource(np, 0, &res) || of_iomap(np, 0) ||
	    IS_ERR(of_io_request_and_map(np, 0, "every")) ||
	    of_irq_get(np, 0) < 0 || of_irq_get_byname(np, "rx") < 0 ||
	    of_irq_count(np) == 0)
		return -EINVAL;

	return irq_of_parse_and_map(np, 0) ? 0 : -ENXIO;
}

static unsigned int every_fpu(void)
{
	u32 features = evl_detect_fpu();
	unsigned int bad = 0, val = 0;

	if (!evl_begin_fpu())
		return val;
	evl_set_fpregs(features, 1);
	val = evl_check_fpregs(features, 1, bad);
	evl_end_fpu();

	return val + bad;
}

static int every_chip(struct device *dev, struct gpio_chip *gc)
{
	HAS(gpiochip_add_data);
	HAS(gpiochip_remove);
	HAS(gpiochip_get_data);
	if (gpiochip_is_requested(gc, 0) || every_fpu())
		return -EBUSY;

	return devm_gpiochip_add_data(dev, gc, dev);
}

static int every_probe(struct platform_device *pdev)
{
	struct resource *res = platform_get_resource(pdev, IORESOURCE_MEM, 0);
	void __iomem *regs = devm_ioremap_resource(&pdev->dev, res);
	int irq = platform_get_irq(pdev, 0);

	if (irq < 0)
		return dev_err_probe(&pdev->dev, irq, "no interrupt\n");
	if (IS_ERR(regs))
		return PTR_ERR(regs);
	writel(readl(regs) + readb(regs) + readw(regs), regs);
	writeq_relaxed(readq_relaxed(regs), regs);
	HAS(devm_platform_ioremap_resource);
	HAS(devm_platform_ioremap_resource_byname);
	HAS(devm_platform_get_and_ioremap_resource);
	HAS(platform_get_resource_byname);
	HAS(platform_get_irq_optional);
	HAS(platform_get_irq_byname);
	HAS(platform_get_irq_byname_optional);
	HAS(platform_irq_count);
	platform_set_drvdata(pdev, regs);
	pm_runtime_enable(&pdev->dev);
	if (pm_runtime_resume_and_get(&pdev->dev) < 0)
		return -EIO;
	pm_runtime_put(&pdev->dev);

	return every_owned(&pdev->dev, irq) ?: every_configured(&pdev->dev) ?:
	       every_line(&pdev->dev) ?: every_number(&pdev->dev) ?:
	       every_register(&pdev->dev, regs) ?:
	       every_chip(&pdev->dev, NULL);
}

/* As kernels before 6.11 have it, and those after it. */
static int every_remove(struct platform_device *pdev)
{
	pm_runtime_disable(&pdev->dev);

	return platform_get_drvdata(pdev) ? 0 : -ENODEV;
}

static void every_remove_new(struct platform_device *pdev)
{
	pm_runtime_disable(&pdev->dev);
}

struct platform_driver every_void_driver = {
	.remove = every_remove_new,
	.driver = { .name = "every-void" },
};

struct platform_driver every_new_driver = {
	.remove_new = every_remove_new,
	.driver = { .name = "every-new" },
};

static struct platform_driver every_driver = {
	.probe = every_probe,
	.remove = every_remove,
	.driver = {
		.name = "every",
		.owner = THIS_MODULE,
		.of_match_table = of_match_ptr(every_of_ids),
		.acpi_match_table = ACPI_PTR(NULL),
		.pm = pm_sleep_ptr(&every_pm),
	},
	.id_table = every_ids,
};
module_platform_driver(every_driver);

/* What is to be found in a program only if it is called. */
int every_device(struct platform_driver *const *drivers)
{
	struct platform_device *pdev =
		platform_device_register_simple("every", 1, NULL, 0);

	platform_device_unregister(pdev);
	pdev = platform_device_register_data(NULL, "every", 1, NULL, 0);
	platform_device_del(pdev);
	platform_device_put(pdev);
	HAS(platform_device_register_full);
	HAS(platform_device_register_resndata);
	HAS(platform_device_register);
	HAS(platform_device_alloc);
	HAS(platform_device_add);
	HAS(platform_device_add_data);
	HAS(platform_device_add_resources);
	HAS(driver_register);
	HAS(driver_unregister);
	platform_unregister_drivers(drivers, 1);

	return platform_register_drivers(drivers, 1)
		       ?: platform_driver_probe(drivers[0], every_probe);
}

MODULE_LICENSE("MIT");
