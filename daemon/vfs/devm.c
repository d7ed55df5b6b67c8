/* SPDX-License-Identifier: MIT */
/* Services of the kapi which a device owns: memory, interrupts, registers. */
#include "kapi/export.h"
#include "kapi/irq.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Memory.
 */

static void release_memory(struct device *dev, void *res)
{
}

static int is_same(struct device *dev, void *res, void *match_data)
{
	return res == match_data;
}

EXPORT void *devm_kmalloc(struct device *dev, size_t size, gfp_t gfp)
{
	void *res = devres_alloc(release_memory, size, gfp);

	if (res)
		devres_add(dev, res);

	return res;
}

EXPORT void devm_kfree(struct device *dev, const void *ptr)
{
	if (ptr && devres_destroy(dev, release_memory, is_same, (void *)ptr))
		dev_warn(dev, "devm_kfree() of what is not the device's\n");
}

EXPORT void *devm_kmemdup(struct device *dev, const void *from, size_t size,
			  gfp_t gfp)
{
	void *to = from ? devm_kmalloc(dev, size, gfp) : NULL;

	return to ? memcpy(to, from, size) : NULL;
}

EXPORT char *devm_kstrdup(struct device *dev, const char *str, gfp_t gfp)
{
	return str ? devm_kmemdup(dev, str, strlen(str) + 1, gfp) : NULL;
}

EXPORT char *devm_kvasprintf(struct device *dev, gfp_t gfp, const char *fmt,
			     va_list ap)
{
	char *text = kvasprintf(gfp, fmt, ap), *owned;

	owned = devm_kstrdup(dev, text, gfp);
	kfree(text);

	return owned;
}

EXPORT char *devm_kasprintf(struct device *dev, gfp_t gfp, const char *fmt, ...)
{
	va_list ap;
	char *owned;

	va_start(ap, fmt);
	owned = devm_kvasprintf(dev, gfp, fmt, ap);
	va_end(ap);

	return owned;
}

/*
 * Interrupts.
 */

struct owned_irq {
	unsigned int irq;
	void *dev_id;
};

/* Of a driver which is being cleaned up after, it may be gone already. */
static void release_irq(struct device *dev, void *res)
{
	const struct owned_irq *owned = res;

	irq_try_free(owned->irq, owned->dev_id);
}

static int is_irq(struct device *dev, void *res, void *match_data)
{
	const struct owned_irq *owned = res, *wanted = match_data;

	return owned->irq == wanted->irq && owned->dev_id == wanted->dev_id;
}

EXPORT int devm_request_threaded_irq(struct device *dev, unsigned int irq,
				     irq_handler_t handler,
				     irq_handler_t thread_fn,
				     unsigned long flags, const char *name,
				     void *dev_id)
{
	struct owned_irq *owned =
		devres_alloc(release_irq, sizeof(*owned), GFP_KERNEL);
	int ret;

	if (owned == NULL)
		return -ENOMEM;

	ret = request_threaded_irq(irq, handler, thread_fn, flags,
				   name ? name : dev_name(dev), dev_id);
	if (ret) {
		devres_free(owned);
		return ret;
	}
	*owned = (struct owned_irq){ .irq = irq, .dev_id = dev_id };
	devres_add(dev, owned);

	return 0;
}

EXPORT void devm_free_irq(struct device *dev, unsigned int irq, void *dev_id)
{
	struct owned_irq wanted = { .irq = irq, .dev_id = dev_id };

	if (devres_destroy(dev, release_irq, is_irq, &wanted))
		dev_warn(dev,
			 "devm_free_irq() of interrupt %u, which is not "
			 "the device's\n",
			 irq);
	else
		free_irq(irq, dev_id);
}

/*
 * Registers.
 */

static void release_mapping(struct device *dev, void *res)
{
	iounmap(*(void **)res);
}

static int is_mapping(struct device *dev, void *res, void *match_data)
{
	return *(void **)res == match_data;
}

EXPORT void __iomem *devm_ioremap(struct device *dev, resource_size_t offset,
				  resource_size_t size)
{
	void **mapping =
		devres_alloc(release_mapping, sizeof(*mapping), GFP_KERNEL);

	if (mapping == NULL)
		return NULL;

	*mapping = ioremap(offset, size);
	if (*mapping == NULL) {
		devres_free(mapping);
		return NULL;
	}
	devres_add(dev, mapping);

	return *mapping;
}

EXPORT void devm_iounmap(struct device *dev, void __iomem *addr)
{
	if (devres_release(dev, release_mapping, is_mapping, addr))
		dev_warn(dev, "devm_iounmap() of what is not the device's\n");
}

static void release_claim(struct device *dev, void *res)
{
	const struct resource *claimed = res;

	release_mem_region(claimed->start, resource_size(claimed));
}

EXPORT struct resource *devm_request_mem_region(struct device *dev,
						resource_size_t start,
						resource_size_t n,
						const char *name)
{
	struct resource *claimed =
		devres_alloc(release_claim, sizeof(*claimed), GFP_KERNEL);

	if (claimed == NULL)
		return NULL;
	if (request_mem_region(start, n, name) == NULL) {
		devres_free(claimed);
		return NULL;
	}
	*claimed = DEFINE_RES_MEM_NAMED(start, n, name);
	devres_add(dev, claimed);

	return claimed;
}

EXPORT void __iomem *devm_ioremap_resource(struct device *dev,
					   const struct resource *res)
{
	void __iomem *regs;

	if (res == NULL || resource_type(res) != IORESOURCE_MEM) {
		dev_err(dev, "no registers were configured\n");
		return IOMEM_ERR_PTR(-EINVAL);
	}
	if (devm_request_mem_region(dev, res->start, resource_size(res),
				    dev_name(dev)) == NULL) {
		dev_err(dev, "registers at %#llx are somebody else's\n",
			(unsigned long long)res->start);
		return IOMEM_ERR_PTR(-EBUSY);
	}
	regs = devm_ioremap(dev, res->start, resource_size(res));
	if (regs == NULL) {
		dev_err(dev, "there are no registers at %#llx\n",
			(unsigned long long)res->start);
		devres_release(dev, release_claim, NULL, NULL);
		return IOMEM_ERR_PTR(-ENOMEM);
	}

	return regs;
}
