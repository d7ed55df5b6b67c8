/* SPDX-License-Identifier: MIT */
/* GPIO lines and chips which a device owns. In-band. */
#include "bus/gpio.h"
#include "kapi/export.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/gpio.h>

struct owned_line {
	struct gpio_desc *desc;
	const void *caller;
};

/* Of a driver which is being cleaned up after, it may be gone already. */
static void release_line(struct device *dev, void *res)
{
	const struct owned_line *owned = res;

	if (owned->desc->requested && owned->desc->caller == owned->caller)
		gpio_free_line(owned->desc);
}

static int is_line(struct device *dev, void *res, void *match_data)
{
	const struct owned_line *owned = res;

	return owned->desc == match_data;
}

/* The device owns @desc from now on. */
static int own(struct device *dev, struct gpio_desc *desc)
{
	struct owned_line *owned =
		devres_alloc(release_line, sizeof(*owned), GFP_KERNEL);

	if (owned == NULL) {
		gpio_free_line(desc);
		return -ENOMEM;
	}
	*owned = (struct owned_line){ .desc = desc, .caller = desc->caller };
	devres_add(dev, owned);

	return 0;
}

static struct gpio_desc *get(struct device *dev, const char *con_id,
			     unsigned int idx, enum gpiod_flags flags,
			     bool optional, const void *caller)
{
	struct gpio_desc *desc = gpio_get_line(dev, con_id, idx, flags, caller);
	int ret;

	if (IS_ERR(desc))
		return optional && PTR_ERR(desc) == -ENOENT ? NULL : desc;
	ret = own(dev, desc);

	return ret ? ERR_PTR(ret) : desc;
}

EXPORT struct gpio_desc *devm_gpiod_get(struct device *dev, const char *con_id,
					enum gpiod_flags flags)
{
	return get(dev, con_id, 0, flags, false, GPIO_CALLER);
}

EXPORT struct gpio_desc *devm_gpiod_get_optional(struct device *dev,
						 const char *con_id,
						 enum gpiod_flags flags)
{
	return get(dev, con_id, 0, flags, true, GPIO_CALLER);
}

EXPORT struct gpio_desc *devm_gpiod_get_index(struct device *dev,
					      const char *con_id,
					      unsigned int idx,
					      enum gpiod_flags flags)
{
	return get(dev, con_id, idx, flags, false, GPIO_CALLER);
}

EXPORT struct gpio_desc *devm_gpiod_get_index_optional(struct device *dev,
						       const char *con_id,
						       unsigned int idx,
						       enum gpiod_flags flags)
{
	return get(dev, con_id, idx, flags, true, GPIO_CALLER);
}

EXPORT void devm_gpiod_put(struct device *dev, struct gpio_desc *desc)
{
	if (devres_release(dev, release_line, is_line, desc))
		dev_warn(dev, "devm_gpiod_put() of what is not the device's\n");
}

/*
 * All of a kind.
 */

static void release_lines(struct device *dev, void *res)
{
	gpiod_put_array(*(struct gpio_descs **)res);
}

static int are_lines(struct device *dev, void *res, void *match_data)
{
	return *(void **)res == match_data;
}

static struct gpio_descs *get_all(struct device *dev, const char *con_id,
				  enum gpiod_flags flags, bool optional,
				  const void *caller)
{
	struct gpio_descs *descs = gpio_get_lines(dev, con_id, flags, caller);
	struct gpio_descs **owned;

	if (IS_ERR(descs))
		return optional && PTR_ERR(descs) == -ENOENT ? NULL : descs;
	owned = devres_alloc(release_lines, sizeof(struct gpio_descs *),
			     GFP_KERNEL);
	if (owned == NULL) {
		gpiod_put_array(descs);
		return ERR_PTR(-ENOMEM);
	}
	*owned = descs;
	devres_add(dev, owned);

	return descs;
}

EXPORT struct gpio_descs *devm_gpiod_get_array(struct device *dev,
					       const char *con_id,
					       enum gpiod_flags flags)
{
	return get_all(dev, con_id, flags, false, GPIO_CALLER);
}

EXPORT struct gpio_descs *devm_gpiod_get_array_optional(struct device *dev,
							const char *con_id,
							enum gpiod_flags flags)
{
	return get_all(dev, con_id, flags, true, GPIO_CALLER);
}

EXPORT void devm_gpiod_put_array(struct device *dev, struct gpio_descs *descs)
{
	if (devres_release(dev, release_lines, are_lines, descs))
		dev_warn(dev, "devm_gpiod_put_array() of what is not the "
			      "device's\n");
}

/*
 * By their numbers, and chips.
 */

EXPORT int devm_gpio_request_one(struct device *dev, unsigned int gpio,
				 unsigned long flags, const char *label)
{
	int ret = gpio_request_number(gpio, flags, label, GPIO_CALLER);

	return ret ? ret : own(dev, gpio_to_desc(gpio));
}

EXPORT int devm_gpio_request(struct device *dev, unsigned int gpio,
			     const char *label)
{
	int ret = gpio_request_number(gpio, GPIO_AS_IS, label, GPIO_CALLER);

	return ret ? ret : own(dev, gpio_to_desc(gpio));
}

static void release_chip(struct device *dev, void *res)
{
	gpiochip_remove(*(struct gpio_chip **)res);
}

EXPORT int devm_gpiochip_add_data(struct device *dev, struct gpio_chip *gc,
				  void *data)
{
	struct gpio_chip **owned = devres_alloc(
		release_chip, sizeof(struct gpio_chip *), GFP_KERNEL);
	int ret;

	if (owned == NULL)
		return -ENOMEM;

	ret = gpiochip_add_data(gc, data);
	if (ret) {
		devres_free(owned);
		return ret;
	}
	*owned = gc;
	devres_add(dev, owned);

	return 0;
}
