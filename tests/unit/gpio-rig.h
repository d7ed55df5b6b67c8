/* SPDX-License-Identifier: MIT */
/*
 * A GPIO chip of the test's own, "chip", another that can do nothing, "mute", and a
 * device which has lines of them: see gpio-rig.c for which.
 */
#pragma once

#include <linux/device.h>
#include <linux/gpio/driver.h>
#include <stdbool.h>

#define GPIO_RIG_LINES 8

/* What a wire of each line is at, and what they are. */
extern bool gpio_level[GPIO_RIG_LINES], gpio_is_output[GPIO_RIG_LINES];
extern int gpio_nr_taken;
extern int gpio_refusal; /* -errno: no line can be taken */

extern struct gpio_chip gpio_rig_chip, gpio_mute_chip;
extern struct device gpio_owner, gpio_other; /* the latter has none */

/* Checked fixtures. Teardown asserts that all lines were given back. */
void gpio_rig_setup(void);
void gpio_rig_teardown(void);
