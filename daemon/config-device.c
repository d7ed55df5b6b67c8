/* SPDX-License-Identifier: MIT */
#include "config-device.h"

#include "bus/gpio-spec.h"
#include "config-value.h"
#include "config.h"
#include "kapi/mmio.h"

#include <errno.h>
#include <linux/irq.h>
#include <linux/sizes.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REGISTERS \
	(UINT64_C(64) << 20) /* bytes at one place: it is memory */
#define PROPERTY_CHARS                                         \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ" \
	"0123456789,._+?#-"

static _Noreturn void complain_of_memory(const struct origin *origin)
{
	origin_complain(origin, "no memory");
}

static char *copy(const struct origin *origin, const char *text)
{
	char *dup = strdup(text);

	if (dup == NULL)
		complain_of_memory(origin);

	return dup;
}

struct config_device *config_find_device(struct config *config,
					 const char *name)
{
	for (unsigned int i = 0; i < config->nr_devices; i++)
		if (strcmp(config->devices[i].name, name) == 0)
			return &config->devices[i];

	return NULL;
}

struct config_device *config_add_device(struct config *config,
					const struct origin *origin,
					const char *name)
{
	struct config_device *dev = &config->devices[config->nr_devices];

	if (name[0] == '\0')
		origin_complain(origin, "a device without a name: give it one");
	if (name[strspn(name, PROPERTY_CHARS)] || name[0] == '.')
		origin_complain(origin,
				"device %s: a name, please, of letters, digits "
				"and the like: servo.1",
				name);
	if (config->nr_devices == CONFIG_MAX_DEVICES)
		origin_complain(origin, "device %s: at most %d devices", name,
				CONFIG_MAX_DEVICES);

	dev->name = copy(origin, name);
	config->nr_devices++;

	return dev;
}

/*
 * Registers and interrupts.
 */

/* The number at *@at, which goes behind it and blanks. */
static u64 next_number(const struct origin *origin,
		       const struct config_device *dev, const char *key,
		       const char **at)
{
	char *end;
	u64 number;

	errno = 0;
	number = strtoull(*at, &end, 0);
	if (errno || end == *at || **at == '-' || !strchr(" \t,", *end))
		origin_complain(origin,
				"device %s: %s = %s: not a number: as 5 or "
				"0x40000000, with blanks or commas between "
				"several",
				dev->name, key, *at);
	*at = end + strspn(end, " \t,");

	return number;
}

static void add_resource(const struct origin *origin, struct config_device *dev,
			 struct resource res)
{
	struct resource *grown =
		reallocarray(dev->res, dev->nr_res + 1, sizeof(*grown));

	if (grown == NULL)
		complain_of_memory(origin);
	dev->res = grown;
	dev->res[dev->nr_res++] = res;
}

/* All of one kind: they are said anew. */
static void drop_resources(struct config_device *dev, unsigned long type)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < dev->nr_res; i++)
		if (resource_type(&dev->res[i]) != type)
			dev->res[kept++] = dev->res[i];
	dev->nr_res = kept;
}

static void check_free(struct config *config, const struct origin *origin,
		       const struct config_device *dev,
		       const struct resource *res)
{
	const struct config_device *other;
	const struct resource *taken;

	for (unsigned int i = 0; i < config->nr_devices; i++) {
		other = &config->devices[i];
		for (unsigned int n = 0; n < other->nr_res; n++) {
			taken = &other->res[n];
			if (resource_type(taken) != IORESOURCE_MEM ||
			    res->start > taken->end || taken->start > res->end)
				continue;
			origin_complain(origin,
					"device %s: reg = %#llx: device %s has "
					"registers there: choose another "
					"address",
					dev->name,
					(unsigned long long)res->start,
					other->name);
		}
	}
}

static void set_registers(struct config *config, const struct origin *origin,
			  struct config_device *dev, const char *value)
{
	const char *at = value + strspn(value, " \t,");
	struct resource res;
	u64 start, size;

	drop_resources(dev, IORESOURCE_MEM);
	if (*at == '\0')
		origin_complain(origin,
				"device %s: reg: say an address and a size, as "
				"0x40000000 0x1000",
				dev->name);
	while (*at) {
		start = next_number(origin, dev, "reg", &at);
		if (*at == '\0')
			origin_complain(origin,
					"device %s: reg = %s: a size is "
					"missing: say address and size, as "
					"0x40000000 0x1000",
					dev->name, value);
		size = next_number(origin, dev, "reg", &at);
		if (size == 0 || size > MAX_REGISTERS)
			origin_complain(origin,
					"device %s: reg = %s: a size is from 1 "
					"to %#llx",
					dev->name, value,
					(unsigned long long)MAX_REGISTERS);
		if (start >= MMIO_END || size > MMIO_END - start)
			origin_complain(origin,
					"device %s: reg = %s: addresses are "
					"below %#llx",
					dev->name, value,
					(unsigned long long)MMIO_END);
		res = DEFINE_RES_MEM(start, size);
		check_free(config, origin, dev, &res);
		add_resource(origin, dev, res);
	}
}

static void set_irqs(const struct origin *origin, struct config_device *dev,
		     const char *value)
{
	const char *at = value + strspn(value, " \t,");
	u64 irq;

	drop_resources(dev, IORESOURCE_IRQ);
	if (*at == '\0')
		origin_complain(origin, "device %s: irq: say a number, 1 to %d",
				dev->name, NR_SIM_IRQS);
	while (*at) {
		irq = next_number(origin, dev, "irq", &at);
		if (irq == 0 || irq > NR_SIM_IRQS)
			origin_complain(origin,
					"device %s: irq = %s: there are 1 to "
					"%d",
					dev->name, value, NR_SIM_IRQS);
		add_resource(origin, dev, DEFINE_RES_IRQ(irq));
	}
}

/*
 * Keys.
 */

static void set_driver(const struct origin *origin, struct config_device *dev,
		       const char *value)
{
	if (value[0] == '\0')
		origin_complain(origin,
				"device %s: driver: name one, or leave that "
				"out",
				dev->name);
	free(dev->driver);
	dev->driver = copy(origin, value);
}

static struct firmware_property *find_property(struct config_device *dev,
					       const char *key)
{
	for (unsigned int i = 0; i < dev->nr_props; i++)
		if (strcmp(dev->props[i].name, key) == 0)
			return &dev->props[i];

	return NULL;
}

/* "enable-gpios", or just "gpios". */
static bool names_lines(const char *key)
{
	const char *dash = strrchr(key, '-'), *last = dash ? dash + 1 : key;

	return strcmp(last, "gpios") == 0 || strcmp(last, "gpio") == 0;
}

static void check_lines(const struct origin *origin,
			const struct config_device *dev, const char *key,
			const char *value)
{
	char complaint[512];

	if (gpio_spec_check(value, complaint, sizeof(complaint)))
		origin_complain(origin, "device %s: %s = %s", dev->name, key,
				complaint);
}

static void set_property(const struct origin *origin, struct config_device *dev,
			 const char *key, const char *value)
{
	struct firmware_property *prop, *grown;

	if (key[0] == '\0' || key[strspn(key, PROPERTY_CHARS)])
		origin_complain(origin,
				"device %s: \"%s\": not a property's name: of "
				"letters, digits and the like, as speed-hz",
				dev->name, key);

	if (names_lines(key))
		check_lines(origin, dev, key, value);

	prop = find_property(dev, key);
	if (prop) {
		free(prop->value);
		prop->value = copy(origin, value);
		return;
	}

	grown = reallocarray(dev->props, dev->nr_props + 1, sizeof(*grown));
	if (grown == NULL)
		complain_of_memory(origin);
	dev->props = grown;
	dev->props[dev->nr_props++] = (struct firmware_property){
		.name = copy(origin, key),
		.value = copy(origin, value),
	};
}

void config_set_device(struct config *config, const struct origin *origin,
		       struct config_device *dev, const char *key,
		       const char *value)
{
	if (strcmp(key, "driver") == 0)
		set_driver(origin, dev, value);
	else if (strcmp(key, "reg") == 0)
		set_registers(config, origin, dev, value);
	else if (strcmp(key, "irq") == 0)
		set_irqs(origin, dev, value);
	else
		set_property(origin, dev, key, value);
}

void config_free_devices(struct config *config)
{
	struct config_device *dev;

	for (unsigned int i = 0; i < config->nr_devices; i++) {
		dev = &config->devices[i];
		for (unsigned int p = 0; p < dev->nr_props; p++) {
			free(dev->props[p].name);
			free(dev->props[p].value);
		}
		free(dev->props);
		free(dev->res);
		free(dev->driver);
		free(dev->name);
	}
}
