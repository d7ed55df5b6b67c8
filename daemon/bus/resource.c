/* SPDX-License-Identifier: MIT */
/* What a platform device has: registers, interrupts, and how it was matched. */
#include "kapi/export.h"

#include <errno.h>
#include <linux/irq.h>
#include <linux/of_device.h>
#include <linux/platform_device.h>
#include <string.h>

EXPORT struct resource *platform_get_resource(struct platform_device *pdev,
					      unsigned int type,
					      unsigned int num)
{
	for (u32 i = 0; i < pdev->num_resources; i++)
		if (resource_type(&pdev->resource[i]) == type && num-- == 0)
			return &pdev->resource[i];

	return NULL;
}

EXPORT struct resource *
platform_get_resource_byname(struct platform_device *pdev, unsigned int type,
			     const char *name)
{
	struct resource *res;

	for (u32 i = 0; i < pdev->num_resources; i++) {
		res = &pdev->resource[i];
		if (resource_type(res) == type && res->name &&
		    strcmp(res->name, name) == 0)
			return res;
	}

	return NULL;
}

static int irq_of(const struct resource *res)
{
	unsigned int type;

	if (res == NULL)
		return -ENXIO;
	if (res->start == 0)
		return -EINVAL;

	type = res->flags & IRQ_TYPE_SENSE_MASK;
	if (type)
		irq_set_irq_type((unsigned int)res->start, type);

	return (int)res->start;
}

EXPORT int platform_get_irq_optional(struct platform_device *pdev,
				     unsigned int num)
{
	return irq_of(platform_get_resource(pdev, IORESOURCE_IRQ, num));
}

EXPORT int platform_get_irq(struct platform_device *pdev, unsigned int num)
{
	int ret = platform_get_irq_optional(pdev, num);

	if (ret < 0)
		dev_err(&pdev->dev,
			"its driver wants interrupt %u of it, which was not "
			"configured (irq =)\n",
			num);

	return ret;
}

EXPORT int platform_get_irq_byname_optional(struct platform_device *pdev,
					    const char *name)
{
	return irq_of(platform_get_resource_byname(pdev, IORESOURCE_IRQ, name));
}

EXPORT int platform_get_irq_byname(struct platform_device *pdev,
				   const char *name)
{
	int ret = platform_get_irq_byname_optional(pdev, name);

	if (ret < 0)
		dev_err(&pdev->dev,
			"its driver wants interrupt \"%s\" of it, which was "
			"not configured (irq =, interrupt-names =)\n",
			name);

	return ret;
}

EXPORT int platform_irq_count(struct platform_device *pdev)
{
	int count = 0;

	while (platform_get_resource(pdev, IORESOURCE_IRQ, (unsigned int)count))
		count++;

	return count;
}

EXPORT void __iomem *devm_platform_get_and_ioremap_resource(
	struct platform_device *pdev, unsigned int index, struct resource **res)
{
	struct resource *regs =
		platform_get_resource(pdev, IORESOURCE_MEM, index);

	if (res)
		*res = regs;

	return devm_ioremap_resource(&pdev->dev, regs);
}

EXPORT void __iomem *
devm_platform_ioremap_resource(struct platform_device *pdev, unsigned int index)
{
	return devm_platform_get_and_ioremap_resource(pdev, index, NULL);
}

EXPORT void __iomem *
devm_platform_ioremap_resource_byname(struct platform_device *pdev,
				      const char *name)
{
	return devm_ioremap_resource(
		&pdev->dev,
		platform_get_resource_byname(pdev, IORESOURCE_MEM, name));
}

/*
 * How it was matched.
 */

EXPORT int of_device_is_compatible(const struct device_node *np,
				   const char *compat)
{
	return of_property_match_string(np, "compatible", compat) >= 0;
}

static bool is_for(const struct of_device_id *id, const struct device_node *np)
{
	if (id->name[0] && strcmp(id->name, np->name) != 0)
		return false;

	return !id->compatible[0] ||
	       of_device_is_compatible(np, id->compatible);
}

EXPORT const struct of_device_id *
of_match_node(const struct of_device_id *matches, const struct device_node *np)
{
	if (np == NULL || matches == NULL)
		return NULL;

	for (; matches->name[0] || matches->type[0] || matches->compatible[0];
	     matches++)
		if (is_for(matches, np))
			return matches;

	return NULL;
}

EXPORT const struct of_device_id *
of_match_device(const struct of_device_id *matches, const struct device *dev)
{
	return of_match_node(matches, dev->of_node);
}

EXPORT const void *of_device_get_match_data(const struct device *dev)
{
	const struct of_device_id *match;

	if (dev->driver == NULL)
		return NULL;
	match = of_match_device(dev->driver->of_match_table, dev);

	return match ? match->data : NULL;
}

EXPORT const void *device_get_match_data(const struct device *dev)
{
	const struct platform_device *pdev;
	const void *data = of_device_get_match_data(dev);

	if (data || dev->bus != &platform_bus_type)
		return data;
	pdev = to_platform_device((struct device *)dev);

	return pdev->id_entry ? (const void *)pdev->id_entry->driver_data
			      : NULL;
}
