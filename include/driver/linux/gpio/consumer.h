/* SPDX-License-Identifier: MIT */
/*
 * GPIO lines, for who uses them. Which ones a device has is configured:
 * "enable-gpios = gpio-sim 3 active-low" is what gpiod_get(dev, "enable", ...)
 * gets (evl-cused.conf(5)); or a driver says so, see linux/gpio/machine.h.
 *
 * Values are 1 where a line is active, whatever level that is; "raw" ones are
 * levels. A line which is NULL, as gpiod_get_optional() returns it, is let be by
 * all functions: they return 0.
 *
 * Source: driver-api 5.4; as in Linux 6.6
 */
#ifndef _LINUX_GPIO_CONSUMER_H
#define _LINUX_GPIO_CONSUMER_H

#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/types.h>

struct device;
struct gpio_array; /* there are none */
struct gpio_desc;

struct gpio_descs {
	struct gpio_array *info;
	unsigned int ndescs;
	struct gpio_desc *desc[];
};

#define GPIOD_FLAGS_BIT_DIR_SET	   BIT(0)
#define GPIOD_FLAGS_BIT_DIR_OUT	   BIT(1)
#define GPIOD_FLAGS_BIT_DIR_VAL	   BIT(2)
#define GPIOD_FLAGS_BIT_OPEN_DRAIN BIT(3)

/* What a line is to be to begin with. */
enum gpiod_flags {
	GPIOD_ASIS = 0, /* as it is */
	GPIOD_IN = GPIOD_FLAGS_BIT_DIR_SET,
	GPIOD_OUT_LOW = GPIOD_FLAGS_BIT_DIR_SET | GPIOD_FLAGS_BIT_DIR_OUT,
	GPIOD_OUT_HIGH = GPIOD_FLAGS_BIT_DIR_SET | GPIOD_FLAGS_BIT_DIR_OUT |
			 GPIOD_FLAGS_BIT_DIR_VAL,
	GPIOD_OUT_LOW_OPEN_DRAIN = GPIOD_OUT_LOW | GPIOD_FLAGS_BIT_OPEN_DRAIN,
	GPIOD_OUT_HIGH_OPEN_DRAIN = GPIOD_OUT_HIGH | GPIOD_FLAGS_BIT_OPEN_DRAIN,
};

/**
 * gpiod_get_index() - get one of a device's lines
 * @dev:	the device; NULL: as the lookup table of no device says
 * @con_id:	what the line is for; NULL: just "gpios"
 * @idx:	which one of those, from 0
 * @flags:	what it is to be
 *
 * Stage:  in-band, from a fiber.
 * Blocks: no.
 *
 * Return: the line, for gpiod_put(), or an ERR_PTR() of
 *   -ENOENT	the device has none such
 *   -EPROBE_DEFER its chip is not there, or goes
 *   -EINVAL	its chip has no such line, or what was configured makes no sense
 *   -EBUSY	somebody has it
 *   or what its chip says
 */
struct gpio_desc *__must_check gpiod_get_index(struct device *dev,
					       const char *con_id,
					       unsigned int idx,
					       enum gpiod_flags flags);
/* The first one. */
struct gpio_desc *__must_check gpiod_get(struct device *dev, const char *con_id,
					 enum gpiod_flags flags);
/* NULL instead of -ENOENT. */
struct gpio_desc *__must_check gpiod_get_optional(struct device *dev,
						  const char *con_id,
						  enum gpiod_flags flags);
struct gpio_desc *__must_check gpiod_get_index_optional(struct device *dev,
							const char *con_id,
							unsigned int idx,
							enum gpiod_flags flags);
/* All of them. */
struct gpio_descs *__must_check gpiod_get_array(struct device *dev,
						const char *con_id,
						enum gpiod_flags flags);
struct gpio_descs *__must_check gpiod_get_array_optional(
	struct device *dev, const char *con_id, enum gpiod_flags flags);
/* How many there are; -ENOENT: none. */
int gpiod_count(struct device *dev, const char *con_id);

/* Give it back; it becomes what its chip says. In-band, from a fiber. */
void gpiod_put(struct gpio_desc *desc);
void gpiod_put_array(struct gpio_descs *descs);

/* The same, which the device owns. */
struct gpio_desc *__must_check devm_gpiod_get(struct device *dev,
					      const char *con_id,
					      enum gpiod_flags flags);
struct gpio_desc *__must_check devm_gpiod_get_optional(struct device *dev,
						       const char *con_id,
						       enum gpiod_flags flags);
struct gpio_desc *__must_check devm_gpiod_get_index(struct device *dev,
						    const char *con_id,
						    unsigned int idx,
						    enum gpiod_flags flags);
struct gpio_desc *__must_check
devm_gpiod_get_index_optional(struct device *dev, const char *con_id,
			      unsigned int idx, enum gpiod_flags flags);
struct gpio_descs *__must_check devm_gpiod_get_array(struct device *dev,
						     const char *con_id,
						     enum gpiod_flags flags);
struct gpio_descs *__must_check devm_gpiod_get_array_optional(
	struct device *dev, const char *con_id, enum gpiod_flags flags);
void devm_gpiod_put(struct device *dev, struct gpio_desc *desc);
void devm_gpiod_put_array(struct device *dev, struct gpio_descs *descs);

/**
 * gpiod_direction_input() - have a line be an input
 * @desc:	the line
 *
 * Stage:  any which its chip can; gpio-sim can any.
 * Blocks: as its chip; gpio-sim does not.
 *
 * Return: 0, or
 *   -ENODEV	its chip has gone
 *   -EIO	its chip cannot do that
 *   or what its chip says
 */
int gpiod_direction_input(struct gpio_desc *desc);
/* The same as an output, active or not; by its level. */
int gpiod_direction_output(struct gpio_desc *desc, int value);
int gpiod_direction_output_raw(struct gpio_desc *desc, int value);
/* 1: it is an input, 0: an output. -ENOTSUPP: its chip cannot tell; -EINVAL: of
 * no line. */
int gpiod_get_direction(struct gpio_desc *desc);

/**
 * gpiod_get_value() - is a line active?
 * @desc:	the line
 *
 * Stage:  as gpiod_direction_input().
 * Blocks: as gpiod_direction_input().
 *
 * Return: 1 if so, else 0, or
 *   -ENODEV	its chip has gone
 *   -EIO	its chip cannot tell
 */
int gpiod_get_value(const struct gpio_desc *desc);
int gpiod_get_raw_value(const struct gpio_desc *desc);
/* Make an output active, or not. */
void gpiod_set_value(struct gpio_desc *desc, int value);
void gpiod_set_raw_value(struct gpio_desc *desc, int value);
#define gpiod_get_value_cansleep(desc)	      gpiod_get_value(desc)
#define gpiod_get_raw_value_cansleep(desc)    gpiod_get_raw_value(desc)
#define gpiod_set_value_cansleep(desc, value) gpiod_set_value(desc, value)
#define gpiod_set_raw_value_cansleep(desc, value) \
	gpiod_set_raw_value(desc, value)

/**
 * gpiod_to_irq() - the interrupt of a line
 * @desc:	the line
 *
 * It is raised at edges of an input, as was asked for with IRQF_TRIGGER_* or
 * irq_set_irq_type().
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: its number, for request_irq(), or
 *   -ENXIO	it has none
 *   -ENODEV	its chip has gone
 *   -EINVAL	of no line
 */
int gpiod_to_irq(const struct gpio_desc *desc);

/* Is it active when it is low? -EINVAL: of no line. Any stage, as below. */
int gpiod_is_active_low(const struct gpio_desc *desc);
void gpiod_toggle_active_low(struct gpio_desc *desc);
/* May its functions sleep? -EINVAL: of no line. */
int gpiod_cansleep(const struct gpio_desc *desc);
/* What people see as its user; 0. In-band. */
int gpiod_set_consumer_name(struct gpio_desc *desc, const char *name);

/* Its number, for linux/gpio.h; -1: of no line. */
int desc_to_gpio(const struct gpio_desc *desc);
/* NULL: there is none of that number. */
struct gpio_desc *gpio_to_desc(unsigned int gpio);

#endif /* _LINUX_GPIO_CONSUMER_H */
