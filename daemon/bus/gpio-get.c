/* SPDX-License-Identifier: MIT */
/* Which GPIO lines a device has, and getting them. In-band. */
#include "bus/firmware.h"
#include "bus/gpio-spec.h"
#include "bus/gpio.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "vfs/module.h"

#include <errno.h>
#include <linux/device.h>
#include <linux/gpio/machine.h>
#include <linux/of_gpio.h>
#include <linux/slab.h>
#include <stdio.h>
#include <string.h>

static LIST_HEAD(tables);

/* What was found. */
struct found {
	struct gpio_desc *desc;
	unsigned long flags;
};

/*
 * As it was configured.
 */

/* "enable-gpios", or "enable-gpio". */
static const char *property_of(const struct device *dev, const char *con_id,
			       char *name, size_t size)
{
	static const char *const endings[] = { "gpios", "gpio" };
	const char *text = NULL;

	for (int i = 0; i < 2 && dev && text == NULL; i++) {
		snprintf(name, size, "%s%s%s", con_id ? con_id : "",
			 con_id ? "-" : "", endings[i]);
		text = firmware_value(dev->of_node, name);
	}

	return text;
}

static int find_spec(const char *text, unsigned int idx, struct found *r_found)
{
	struct gpio_device *gdev;
	struct gpio_spec spec;
	int ret = gpio_spec_parse(text, idx, &spec);

	if (ret)
		return ret;

	gdev = gpio_device_find(spec.chip);
	if (gdev == NULL)
		return -EPROBE_DEFER;
	r_found->desc = gpio_device_line(gdev, spec.line);
	r_found->flags = spec.flags;

	return r_found->desc ? 0 : -EINVAL;
}

EXPORT int of_get_named_gpio(const struct device_node *np,
			     const char *list_name, int index)
{
	const char *text = firmware_value(np, list_name);
	struct found found;
	int ret;

	if (text == NULL || index < 0)
		return -ENOENT;
	ret = find_spec(text, (unsigned int)index, &found);

	return ret ? ret : desc_to_gpio(found.desc);
}

/*
 * As a driver says.
 */

EXPORT void gpiod_add_lookup_table(struct gpiod_lookup_table *table)
{
	list_add_tail(&table->list, &tables);
}

EXPORT void gpiod_add_lookup_tables(struct gpiod_lookup_table **many, size_t n)
{
	for (size_t i = 0; i < n; i++)
		gpiod_add_lookup_table(many[i]);
}

EXPORT void gpiod_remove_lookup_table(struct gpiod_lookup_table *table)
{
	if (table && table->list.next)
		list_del_init(&table->list);
}

unsigned int gpio_forget_tables(struct module *mod)
{
	struct gpiod_lookup_table *table, *next;
	unsigned int count = 0;

	list_for_each_entry_safe(table, next, &tables, list) {
		if (module_at(table) != mod &&
		    !(mod && image_is_of(table, mod)))
			continue;
		list_del_init(&table->list);
		count++;
	}

	return count;
}

static bool is_for(const struct gpiod_lookup *entry, const char *con_id)
{
	return entry->con_id == NULL ||
	       (con_id && strcmp(entry->con_id, con_id) == 0);
}

/* The next one for @con_id from @entry on; NULL: there is none. */
static const struct gpiod_lookup *next_for(const struct gpiod_lookup *entry,
					   const char *con_id)
{
	for (; entry->key; entry++)
		if (is_for(entry, con_id))
			return entry;

	return NULL;
}

static const struct gpiod_lookup *entries_of(const struct device *dev)
{
	const char *name = dev ? dev_name(dev) : NULL;
	const struct gpiod_lookup_table *table;

	list_for_each_entry(table, &tables, list) {
		if (name && table->dev_id ? strcmp(name, table->dev_id) == 0
					  : name == NULL && !table->dev_id)
			return table->table;
	}

	return NULL;
}

static int find_entry(const struct gpiod_lookup *entry, struct found *r_found)
{
	struct gpio_device *gdev;

	r_found->flags = entry->flags;
	if (entry->chip_hwnum == UINT16_MAX) {
		r_found->desc = gpio_line_find(entry->key);
		return r_found->desc ? 0 : -EPROBE_DEFER;
	}

	gdev = gpio_device_find(entry->key);
	if (gdev == NULL)
		return -EPROBE_DEFER;
	if (entry->chip_hwnum >= gdev->nr)
		return -EINVAL;
	r_found->desc = &gdev->descs[entry->chip_hwnum];

	return 0;
}

static int find_in_table(const struct device *dev, const char *con_id,
			 unsigned int idx, struct found *r_found)
{
	const struct gpiod_lookup *entry = entries_of(dev);

	if (entry == NULL)
		return -ENOENT;
	for (; (entry = next_for(entry, con_id)); entry++)
		if (entry->idx == idx)
			return find_entry(entry, r_found);

	return -ENOENT;
}

static int find(const struct device *dev, const char *con_id, unsigned int idx,
		struct found *r_found)
{
	char name[64];
	const char *text = property_of(dev, con_id, name, sizeof(name));
	int ret;

	ret = text ? find_spec(text, idx, r_found)
		   : find_in_table(dev, con_id, idx, r_found);
	if (ret == -EINVAL)
		dev_err(dev,
			"%s%s%s: its GPIO chip has no line %u of that: see the "
			"chip's lines and names\n",
			text ? name : "", text ? " = " : "",
			text ? text : (con_id ? con_id : "gpios"), idx);

	return ret;
}

EXPORT int gpiod_count(struct device *dev, const char *con_id)
{
	char name[64];
	const char *text = property_of(dev, con_id, name, sizeof(name));
	const struct gpiod_lookup *entry = text ? NULL : entries_of(dev);
	int count = 0;

	for (; text; count++) {
		text = strchr(text, ',');
		text = text ? text + 1 : NULL;
	}
	for (; entry && (entry = next_for(entry, con_id)); entry++)
		count++;

	return count ? count : -ENOENT;
}

/*
 * Getting.
 */

struct gpio_desc *gpio_get_line(struct device *dev, const char *con_id,
				unsigned int idx, enum gpiod_flags flags,
				const void *caller)
{
	const char *label = con_id ? con_id : (dev ? dev_name(dev) : "?");
	struct found found = { .desc = NULL };
	int ret;

	ret = find(dev, con_id, idx, &found);
	if (ret == 0)
		ret = gpio_request_line(found.desc, label, caller);
	if (ret)
		return ERR_PTR(ret);
	ret = gpio_configure_line(found.desc, found.flags, flags);
	if (ret) {
		gpio_free_line(found.desc);
		return ERR_PTR(ret);
	}

	return found.desc;
}

/* NULL if there is none. */
static void *optional(void *desc)
{
	return IS_ERR(desc) && PTR_ERR(desc) == -ENOENT ? NULL : desc;
}

EXPORT struct gpio_desc *gpiod_get_index(struct device *dev, const char *con_id,
					 unsigned int idx,
					 enum gpiod_flags flags)
{
	return gpio_get_line(dev, con_id, idx, flags, GPIO_CALLER);
}

EXPORT struct gpio_desc *gpiod_get(struct device *dev, const char *con_id,
				   enum gpiod_flags flags)
{
	return gpio_get_line(dev, con_id, 0, flags, GPIO_CALLER);
}

EXPORT struct gpio_desc *gpiod_get_optional(struct device *dev,
					    const char *con_id,
					    enum gpiod_flags flags)
{
	return optional(gpio_get_line(dev, con_id, 0, flags, GPIO_CALLER));
}

EXPORT struct gpio_desc *gpiod_get_index_optional(struct device *dev,
						  const char *con_id,
						  unsigned int idx,
						  enum gpiod_flags flags)
{
	return optional(gpio_get_line(dev, con_id, idx, flags, GPIO_CALLER));
}

EXPORT void gpiod_put(struct gpio_desc *desc)
{
	if (!IS_ERR_OR_NULL(desc))
		gpio_free_line(desc);
}

static void put_all(struct gpio_descs *descs)
{
	while (descs->ndescs)
		gpio_free_line(descs->desc[--descs->ndescs]);
	kfree(descs);
}

struct gpio_descs *gpio_get_lines(struct device *dev, const char *con_id,
				  enum gpiod_flags flags, const void *caller)
{
	int count = gpiod_count(dev, con_id);
	struct gpio_descs *descs;
	struct gpio_desc *desc;

	if (count < 0)
		return ERR_PTR(count);
	descs = kzalloc(sizeof(*descs) + (size_t)count * sizeof(desc),
			GFP_KERNEL);
	if (descs == NULL)
		return ERR_PTR(-ENOMEM);

	descs->ndescs = 0;
	for (unsigned int i = 0; i < (unsigned int)count; i++) {
		desc = gpio_get_line(dev, con_id, i, flags, caller);
		if (IS_ERR(desc)) {
			put_all(descs);
			return (struct gpio_descs *)desc;
		}
		descs->desc[i] = desc;
		descs->ndescs = i + 1;
	}

	return descs;
}

EXPORT struct gpio_descs *
gpiod_get_array(struct device *dev, const char *con_id, enum gpiod_flags flags)
{
	return gpio_get_lines(dev, con_id, flags, GPIO_CALLER);
}

EXPORT struct gpio_descs *gpiod_get_array_optional(struct device *dev,
						   const char *con_id,
						   enum gpiod_flags flags)
{
	if (gpiod_count(dev, con_id) == -ENOENT)
		return NULL;

	return gpio_get_lines(dev, con_id, flags, GPIO_CALLER);
}

EXPORT void gpiod_put_array(struct gpio_descs *descs)
{
	if (!IS_ERR_OR_NULL(descs))
		put_all(descs);
}
