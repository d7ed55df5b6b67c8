/* SPDX-License-Identifier: MIT */
/*
 * A platform device: what the device owns, a regmap, an interrupt with a thread, an
 * optional GPIO, attributes, properties.
 * Written as for a kernel, and nothing changed.
 */
#include <linux/bitfield.h>
#include <linux/delay.h>
#include <linux/gpio/consumer.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/iopoll.h>
#include <linux/kernel.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/property.h>
#include <linux/regmap.h>
#include <linux/sysfs.h>

#define REG_CTRL  0x00
#define CTRL_EN	  BIT(0)
#define CTRL_MODE GENMASK(6, 4)
#define REG_STAT  0x04
#define REG_DATA  0x08

struct meter_priv {
	struct device *dev;
	struct regmap *map;
	void __iomem *base;
	struct gpio_desc *reset;
	struct completion done;
	struct mutex lock;
	u32 limit;
	int irq;
	unsigned long count;
};

static const struct regmap_config meter_regmap = {
	.reg_bits = 32,
	.val_bits = 32,
	.reg_stride = 4,
	.max_register = REG_DATA,
	.fast_io = true,
};

static irqreturn_t meter_hard(int irq, void *data)
{
	struct meter_priv *p = data;

	WRITE_ONCE(p->count, p->count + 1);
	return IRQ_WAKE_THREAD;
}

static irqreturn_t meter_thread(int irq, void *data)
{
	struct meter_priv *p = data;
	unsigned int stat;
	int ret;

	ret = regmap_read_poll_timeout(p->map, REG_STAT, stat,
				       !(stat & BIT(31)), 10, 1000);
	if (ret) {
		dev_err_ratelimited(p->dev, "irq %d: busy: %pe\n", irq,
				    ERR_PTR(ret));
		return IRQ_NONE;
	}
	complete(&p->done);
	return IRQ_HANDLED;
}

static ssize_t mode_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct meter_priv *p = dev_get_drvdata(dev);
	unsigned int val;
	int ret;

	ret = regmap_read(p->map, REG_CTRL, &val);
	if (ret)
		return ret;
	return sysfs_emit(buf, "%lu\n", FIELD_GET(CTRL_MODE, val));
}

static ssize_t mode_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	struct meter_priv *p = dev_get_drvdata(dev);
	u8 mode;
	int ret;

	ret = kstrtou8(buf, 0, &mode);
	if (ret)
		return ret;
	if (!FIELD_FIT(CTRL_MODE, mode))
		return -ERANGE;
	guard(mutex)(&p->lock);
	ret = regmap_update_bits(p->map, REG_CTRL, CTRL_MODE,
				 FIELD_PREP(CTRL_MODE, mode));
	return ret ?: count;
}
static DEVICE_ATTR_RW(mode);

static ssize_t count_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct meter_priv *p = dev_get_drvdata(dev);

	return sprintf(buf, "%lu\n", READ_ONCE(p->count));
}
static DEVICE_ATTR_RO(count);

static struct attribute *meter_attrs[] = { &dev_attr_mode.attr,
					   &dev_attr_count.attr, NULL };
ATTRIBUTE_GROUPS(meter);

static void meter_off(void *data)
{
	struct meter_priv *p = data;

	regmap_clear_bits(p->map, REG_CTRL, CTRL_EN);
}

static int meter_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct meter_priv *p;
	struct resource *res;
	const char *label = "none";
	u32 stat;
	int ret;

	p = devm_kzalloc(dev, sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	p->dev = dev;
	mutex_init(&p->lock);
	init_completion(&p->done);
	platform_set_drvdata(pdev, p);

	p->base = devm_platform_get_and_ioremap_resource(pdev, 0, &res);
	if (IS_ERR(p->base))
		return dev_err_probe(dev, PTR_ERR(p->base), "no registers\n");
	p->map = devm_regmap_init_mmio(dev, p->base, &meter_regmap);
	if (IS_ERR(p->map))
		return dev_err_probe(dev, PTR_ERR(p->map), "no regmap\n");
	p->reset = devm_gpiod_get_optional(dev, "reset", GPIOD_OUT_LOW);
	if (IS_ERR(p->reset))
		return dev_err_probe(dev, PTR_ERR(p->reset), "no reset\n");
	gpiod_set_value_cansleep(p->reset, 1);
	usleep_range(10, 20);
	gpiod_set_value_cansleep(p->reset, 0);

	if (device_property_read_u32(dev, "limit", &p->limit))
		p->limit = 100;
	device_property_read_string(dev, "label", &label);
	p->irq = platform_get_irq(pdev, 0);
	if (p->irq < 0)
		return p->irq;
	ret = devm_request_threaded_irq(dev, p->irq, meter_hard, meter_thread,
					IRQF_ONESHOT | IRQF_TRIGGER_RISING,
					dev_name(dev), p);
	if (ret)
		return dev_err_probe(dev, ret, "irq %d\n", p->irq);
	ret = readl_poll_timeout(p->base + REG_STAT, stat,
				 (stat & BIT(31)) == 0, 100,
				 10 * USEC_PER_MSEC);
	if (ret)
		return ret;
	regmap_set_bits(p->map, REG_CTRL, CTRL_EN);
	ret = devm_add_action_or_reset(dev, meter_off, p);
	if (ret)
		return ret;
	dev_info(dev, "%s at %pR (%pa), limit %u, irq %d, %pOF\n", label, res,
		 &res->start, p->limit, p->irq, dev->of_node);
	return 0;
}

static const struct of_device_id meter_of_match[] = {
	{ .compatible = "acme,meter" }, {}
};
MODULE_DEVICE_TABLE(of, meter_of_match);

static struct platform_driver meter_driver = {
	.probe = meter_probe,
	.driver = {
		.name = KBUILD_MODNAME,
		.of_match_table = meter_of_match,
		.dev_groups = meter_groups,
	},
};
module_platform_driver(meter_driver);
MODULE_LICENSE("GPL");
