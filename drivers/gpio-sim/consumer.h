/* SPDX-License-Identifier: MIT */
/*
 * The chip as other drivers see it, <linux/gpio/driver.h>: lines which they have,
 * by their configuration or a number. In-band, but for values.
 */
#pragma once

/* Its lines are there for drivers, from number @base on; -1: any. 0, -EBUSY or
 * -ENOMEM. */
int consumer_init(const char *label, int base);
void consumer_exit(void);
