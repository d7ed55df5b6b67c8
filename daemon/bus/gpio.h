/* SPDX-License-Identifier: MIT */
/*
 * GPIO chips and their lines from inside. A chip's record stays as long as it is
 * there or somebody has a line of it; a line that is requested keeps the chip's
 * driver, too. Requested and freed in-band; used on any stage.
 */
#pragma once

#include <linux/gpio/consumer.h>
#include <linux/gpio/driver.h>
#include <linux/list.h>
#include <stdatomic.h>
#include <stdbool.h>

#define GPIO_LABEL_SIZE 32

struct gpio_desc {
	struct gpio_device *gdev;
	unsigned int offset;
	bool requested;
	/* Which are set while it is requested, by who has it: */
	bool active_low, open_drain, open_source;
	char label[GPIO_LABEL_SIZE]; /* whose it is */
	const void *caller;	     /* in which driver; NULL: unknown */
};

struct gpio_device {
	_Atomic(struct gpio_chip *) chip; /* NULL: gone */
	struct module *owner;
	int base;
	unsigned int nr;
	unsigned int refs;     /* the chip, and lines which are requested */
	struct list_head link; /* in-band; by base */
	struct gpio_desc descs[];
};

/* NULL: there is none. In-band, as below. */
struct gpio_device *gpio_device_find(const char *label);
/* Line @name of it; NULL: it has none such. */
struct gpio_desc *gpio_device_line(struct gpio_device *gdev, const char *name);
/* The first line of any chip that is called so. */
struct gpio_desc *gpio_line_find(const char *name);

/* @caller: in the driver which wants it. -EPROBE_DEFER, -EBUSY, or what the chip
 * says. */
int gpio_request_line(struct gpio_desc *desc, const char *label,
		      const void *caller);
void gpio_free_line(struct gpio_desc *desc);
/* What a lookup says, and then what who requested it says. */
int gpio_configure_line(struct gpio_desc *desc, unsigned long lookup_flags,
			enum gpiod_flags flags);

/* gpiod_get_index() and gpiod_get_array() of who calls us. */
#define GPIO_CALLER __builtin_return_address(0)
struct gpio_desc *gpio_get_line(struct device *dev, const char *con_id,
				unsigned int idx, enum gpiod_flags flags,
				const void *caller);
struct gpio_descs *gpio_get_lines(struct device *dev, const char *con_id,
				  enum gpiod_flags flags, const void *caller);

/* By its number, to be what GPIOF_* say. As gpio_request(). */
#define GPIO_AS_IS (~0ul) /* or that */
int gpio_request_number(unsigned int gpio, unsigned long flags,
			const char *label, const void *caller);

/* Lines, chips and tables of @mod's. Returns how many. */
unsigned int gpio_forget_lines(struct module *mod);
unsigned int gpio_forget_chips(struct module *mod);
unsigned int gpio_forget_tables(struct module *mod);
/* Once, at start: drivers may forget all that. */
void gpio_init(void);
