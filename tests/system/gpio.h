/* SPDX-License-Identifier: MIT */
/*
 * A daemon with the gpio-sim driver, and its lines as the tests use them. Those
 * which work assert that; what may fail gives -errno. By ioctl(2) or, where
 * @oob, by oob_ioctl().
 */
#pragma once

#include <linux/gpio.h>
#include <stdbool.h>
#include <stdint.h>

#define GPIO_LINES 40

#define GPIO_IN_BOTH                                               \
	(GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING | \
	 GPIO_V2_LINE_FLAG_EDGE_FALLING)

extern int gpio_chip; /* a descriptor */

/* Checked fixtures: the lines have interrupts from 20 on, and the first two are
 * called "button" and "lamp". The calling thread is attached. */
void gpio_setup(void);
void gpio_teardown(void);

long gpio_call(int fd, bool oob, unsigned long cmd, void *arg);
void gpio_pull(unsigned int offset, bool up);
bool gpio_level(unsigned int offset);

/* One line each; a descriptor or -errno. */
int gpio_handle(unsigned int offset, uint32_t flags, bool value);
int gpio_event(unsigned int offset, uint32_t flags, uint32_t edges);
int gpio_line(unsigned int offset, uint64_t flags);
/* Who gets both edges of it, by either version. A descriptor. */
int gpio_edges(int version, unsigned int offset);
/* A request of @nr lines from @offset on, to be changed. */
struct gpio_v2_line_request gpio_lines(unsigned int offset, unsigned int nr,
				       uint64_t flags);

/* What came, without what belongs to one version. Its length, or -errno. */
struct gpio_edge {
	uint64_t timestamp_ns;
	uint32_t id;
};
long gpio_read(int fd, int version, bool oob, struct gpio_edge *r_edge);
