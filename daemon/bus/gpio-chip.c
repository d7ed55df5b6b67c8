/* SPDX-License-Identifier: MIT */
/* GPIO chips: how they come and go, and whose their lines are. */
#include "base/log.h"
#include "bus/bind.h"
#include "bus/gpio.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "stage/call.h"
#include "stage/pi-mutex.h"
#include "vfs/leftover.h"
#include "vfs/module.h"

#include <errno.h>
#include <limits.h>
#include <linux/gpio/machine.h>
#include <linux/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BASE 512 /* of chips which do not mind, as Linux has it */

static LIST_HEAD(chips);	   /* by base; changed in-band, with the lock */
static struct pi_mutex chips_lock; /* out-of-band code looks up numbers */

/* On any stage; acquire: pairs with gpiochip_add_data(), whose chip it is. */
static struct gpio_chip *chip_of(const struct gpio_device *gdev)
{
	return atomic_load_explicit(&gdev->chip, memory_order_acquire);
}

static void put_device_record(struct gpio_device *gdev)
{
	if (--gdev->refs == 0)
		free(gdev);
}

/*
 * Chips.
 */

/* Where one of @nr lines is to be, by its number. NULL: there is no room. */
static struct list_head *find_place(int *base, unsigned int nr)
{
	int first = *base < 0 ? FIRST_BASE : *base;
	struct gpio_device *other;
	int end;

	list_for_each_entry(other, &chips, link) {
		end = other->base + (int)other->nr;
		if (end <= first)
			continue;
		if (first + (int)nr <= other->base)
			break;
		if (*base >= 0)
			return NULL;
		first = end;
	}
	*base = first;

	return &other->link;
}

EXPORT int gpiochip_add_data(struct gpio_chip *gc, void *data)
{
	struct gpio_device *gdev;
	struct list_head *next;
	int base = gc->base;

	if (gc->ngpio == 0 || base > INT_MAX - gc->ngpio)
		return -EINVAL;
	next = find_place(&base, gc->ngpio);
	if (next == NULL)
		return -EBUSY;
	gdev = calloc(1, sizeof(*gdev) + gc->ngpio * sizeof(*gdev->descs));
	if (gdev == NULL)
		return -ENOMEM;

	gdev->owner = gc->owner ? gc->owner : module_at(gc);
	gdev->base = base;
	gdev->nr = gc->ngpio;
	gdev->refs = 1;
	for (unsigned int i = 0; i < gdev->nr; i++) {
		gdev->descs[i].gdev = gdev;
		gdev->descs[i].offset = i;
	}
	gc->base = base;
	gc->gpiodev = gdev;
	gc->data = data;
	/* Release: pairs with chip_of(). */
	atomic_store_explicit(&gdev->chip, gc, memory_order_release);
	pi_lock(&chips_lock);
	list_add_tail(&gdev->link, next);
	pi_unlock(&chips_lock);
	bind_retry();

	return 0;
}

EXPORT void gpiochip_remove(struct gpio_chip *gc)
{
	struct gpio_device *gdev = gc->gpiodev;

	if (gdev == NULL)
		return;

	if (gdev->refs > 1)
		log_warn("GPIO chip %s goes while lines of it are in use",
			 gc->label ? gc->label : "(unnamed)");
	gc->gpiodev = NULL;
	pi_lock(&chips_lock);
	list_del(&gdev->link);
	pi_unlock(&chips_lock);
	/* Relaxed: nothing comes with it. */
	atomic_store_explicit(&gdev->chip, NULL, memory_order_relaxed);
	put_device_record(gdev);
}

EXPORT const char *gpiochip_is_requested(struct gpio_chip *gc,
					 unsigned int offset)
{
	const struct gpio_device *gdev = gc->gpiodev;

	if (gdev == NULL || offset >= gdev->nr ||
	    !gdev->descs[offset].requested)
		return NULL;

	return gdev->descs[offset].label;
}

struct gpio_device *gpio_device_find(const char *label)
{
	struct gpio_device *gdev;
	const char *own;

	list_for_each_entry(gdev, &chips, link) {
		own = chip_of(gdev)->label;
		if (own && strcmp(own, label) == 0)
			return gdev;
	}

	return NULL;
}

struct gpio_desc *gpio_device_line(struct gpio_device *gdev, const char *name)
{
	const char *const *names = chip_of(gdev)->names;
	char *end;
	unsigned long n = strtoul(name, &end, 10);

	if (name[0] >= '0' && name[0] <= '9' && *end == '\0')
		return n < gdev->nr ? &gdev->descs[n] : NULL;
	for (n = 0; names && n < gdev->nr; n++)
		if (names[n] && strcmp(names[n], name) == 0)
			return &gdev->descs[n];

	return NULL;
}

struct gpio_desc *gpio_line_find(const char *name)
{
	struct gpio_device *gdev;
	const char *const *names;

	list_for_each_entry(gdev, &chips, link) {
		names = chip_of(gdev)->names;
		for (unsigned int n = 0; names && n < gdev->nr; n++)
			if (names[n] && strcmp(names[n], name) == 0)
				return &gdev->descs[n];
	}

	return NULL;
}

EXPORT struct gpio_desc *gpio_to_desc(unsigned int gpio)
{
	struct gpio_desc *desc = NULL;
	struct gpio_device *gdev;

	pi_lock(&chips_lock);
	list_for_each_entry(gdev, &chips, link) {
		if (gpio < (unsigned int)gdev->base ||
		    gpio - (unsigned int)gdev->base >= gdev->nr)
			continue;
		desc = &gdev->descs[gpio - (unsigned int)gdev->base];
		break;
	}
	pi_unlock(&chips_lock);

	return desc;
}

/*
 * Whose lines are.
 */

static void set_label(struct gpio_desc *desc, const char *label)
{
	snprintf(desc->label, sizeof(desc->label), "%s", label ? label : "?");
}

static struct stage_call call_of(const struct gpio_chip *gc, const char *what,
				 const void *func)
{
	return (struct stage_call){
		.what = what,
		.name = gc->label ? gc->label : "?",
		.func = func,
	};
}

static int call_request(struct gpio_chip *gc, unsigned int offset)
{
	struct stage_call call =
		call_of(gc, "line request of", (const void *)gc->request);
	int ret;

	stage_call_begin(&call);
	ret = gc->request(gc, offset);
	stage_call_end(&call);

	return ret;
}

static void call_free(struct gpio_chip *gc, unsigned int offset)
{
	struct stage_call call =
		call_of(gc, "line free of", (const void *)gc->free);

	stage_call_begin(&call);
	gc->free(gc, offset);
	stage_call_end(&call);
}

int gpio_request_line(struct gpio_desc *desc, const char *label,
		      const void *caller)
{
	struct gpio_device *gdev = desc->gdev;
	struct gpio_chip *gc = chip_of(gdev);
	int ret = 0;

	if (gc == NULL || !try_module_get(gdev->owner))
		return -EPROBE_DEFER;

	if (desc->requested) {
		module_put(gdev->owner);
		return -EBUSY;
	}
	/* The chip may look at it. */
	set_label(desc, label);
	desc->caller = caller;
	desc->requested = true;
	gdev->refs++;
	if (gc->request)
		ret = call_request(gc, desc->offset);
	if (ret) {
		desc->requested = false;
		module_put(gdev->owner);
		put_device_record(gdev);
	}

	return ret;
}

void gpio_free_line(struct gpio_desc *desc)
{
	struct gpio_device *gdev = desc->gdev;
	struct gpio_chip *gc = chip_of(gdev);

	if (!desc->requested) {
		log_warn("a driver gives back a GPIO line which it has not");
		return;
	}
	if (gc && gc->free)
		call_free(gc, desc->offset);
	desc->requested = false;
	desc->active_low = false;
	desc->open_drain = false;
	desc->open_source = false;
	module_put(gdev->owner);
	put_device_record(gdev);
}

EXPORT int gpiod_set_consumer_name(struct gpio_desc *desc, const char *name)
{
	if (desc)
		set_label(desc, name);

	return 0;
}

/*
 * Of a driver which goes.
 */

static bool is_users(const struct gpio_desc *desc, const struct module *mod)
{
	return desc->requested && desc->caller && mod &&
	       image_is_of(desc->caller, mod);
}

unsigned int gpio_forget_lines(struct module *mod)
{
	struct gpio_device *gdev;
	unsigned int count = 0;

	list_for_each_entry(gdev, &chips, link) {
		for (unsigned int n = 0; n < gdev->nr; n++) {
			if (!is_users(&gdev->descs[n], mod))
				continue;
			gpio_free_line(&gdev->descs[n]);
			count++;
		}
	}

	return count;
}

unsigned int gpio_forget_chips(struct module *mod)
{
	struct gpio_device *gdev, *next;
	unsigned int count = 0;

	list_for_each_entry_safe(gdev, next, &chips, link) {
		if (gdev->owner != mod)
			continue;
		gpiochip_remove(chip_of(gdev));
		count++;
	}

	return count;
}

void gpio_init(void)
{
	static struct leftover tables = { .what = "GPIO lookup tables",
					  .drop = gpio_forget_tables };
	static struct leftover chips_left = { .what = "GPIO chips",
					      .drop = gpio_forget_chips };
	static struct leftover lines = { .what = "GPIO lines",
					 .drop = gpio_forget_lines };

	leftover_add(&tables);
	leftover_add(&chips_left);
	leftover_add(&lines);
}
