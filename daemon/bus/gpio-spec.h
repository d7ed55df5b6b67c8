/* SPDX-License-Identifier: MIT */
/* How GPIO lines are named where devices are configured:
 * "CHIP LINE [active-low]...", with commas between several. No state. */
#pragma once

#include <stddef.h>

struct gpio_spec {
	char chip[64];
	char line[64];	     /* a number, or a name */
	unsigned long flags; /* GPIO_ACTIVE_LOW ... */
};

/* The @n'th, from 0. -ENOENT: there are not so many; -EINVAL: nonsense. */
int gpio_spec_parse(const char *text, unsigned int n, struct gpio_spec *r_spec);
/* Does it make sense? If not, a line for people is in @complaint. 0 or
 * -EINVAL. */
int gpio_spec_check(const char *text, char *complaint, size_t size);
