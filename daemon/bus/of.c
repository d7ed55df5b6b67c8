/* SPDX-License-Identifier: MIT */
/* What a device has, by what was configured of it (<linux/of_address.h>,
 * <linux/of_irq.h>): all of it is its platform device's. */
#include "bus/bind.h"
#include "kapi/export.h"

#include <errno.h>
#include <linux/of_address.h>
#include <linux/of_irq.h>
#include <linux/platform_device.h>

static struct platform_device *device_of(const struct device_node *np)
{
	struct platform_device *pdev;

	for (pdev = bind_next(NULL); pdev && np; pdev = bind_next(pdev))
		if (pdev->dev.of_node == np)
			return pdev;

	return NULL;
}

static struct resource *resource_of(const struct device_node *np,
				    unsigned int type, int index)
{
	struct platform_device *pdev = device_of(np);

	return pdev && index >= 0
		       ? platform_get_resource(pdev, type, (unsigned int)index)
		       : NULL;
}

EXPORT int of_address_to_resource(struct device_node *np, int index,
				  struct resource *r)
{
	const struct resource *res = resource_of(np, IORESOURCE_MEM, index);

	if (res == NULL)
		return -EINVAL;
	*r = *res;

	return 0;
}

EXPORT void __iomem *of_iomap(struct device_node *np, int index)
{
	struct resource res;

	if (of_address_to_resource(np, index, &res))
		return NULL;

	return ioremap(res.start, resource_size(&res));
}

EXPORT void __iomem *of_io_request_and_map(struct device_node *np, int index,
					   const char *name)
{
	struct resource res;
	void __iomem *regs;

	if (of_address_to_resource(np, index, &res))
		return IOMEM_ERR_PTR(-EINVAL);
	if (!request_mem_region(res.start, resource_size(&res),
				name ? name : res.name))
		return IOMEM_ERR_PTR(-EBUSY);
	regs = ioremap(res.start, resource_size(&res));
	if (regs == NULL) {
		release_mem_region(res.start, resource_size(&res));
		return IOMEM_ERR_PTR(-ENOMEM);
	}

	return regs;
}

EXPORT int of_irq_get(struct device_node *np, int index)
{
	struct platform_device *pdev = device_of(np);
	int irq;

	if (pdev == NULL || index < 0)
		return -EINVAL;
	irq = platform_get_irq_optional(pdev, (unsigned int)index);

	return irq < 0 ? -EINVAL : irq;
}

EXPORT int of_irq_get_byname(struct device_node *np, const char *name)
{
	struct platform_device *pdev = device_of(np);
	int irq;

	if (pdev == NULL)
		return -EINVAL;
	irq = platform_get_irq_byname_optional(pdev, name);

	return irq < 0 ? -EINVAL : irq;
}

EXPORT int of_irq_count(struct device_node *np)
{
	struct platform_device *pdev = device_of(np);

	return pdev ? platform_irq_count(pdev) : 0;
}

EXPORT unsigned int irq_of_parse_and_map(struct device_node *np, int index)
{
	int irq = of_irq_get(np, index);

	return irq < 0 ? 0 : (unsigned int)irq;
}
