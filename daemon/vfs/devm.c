/* SPDX-License-Identifier: MIT */
/* Services of the kapi which a device owns: memory, interrupts. */
#include "kapi/export.h"
#include "kapi/irq.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/interrupt.h>
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

EXPORT char *devm_kasprintf(struct device *dev, gfp_t gfp, const char *fmt, ...)
{
	char *text = NULL, *owned;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (len < 0)
		return NULL;

	owned = devm_kstrdup(dev, text, gfp);
	free(text);

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
