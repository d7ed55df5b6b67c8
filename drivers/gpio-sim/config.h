/* SPDX-License-Identifier: MIT */
/* What applications want of lines, in the words of either ABI. No state. */
#pragma once

#include "lines.h"

#include <linux/types.h>
#include <uapi/linux/gpio.h>

/* Of a handle's or an event's @flags, GPIOHANDLE_REQUEST_*. */
bool config_v1_is_sane(u32 flags);
struct line_config config_v1(u32 flags, bool value);
/* What such flags are called in the other ABI; GPIOLINE_FLAG_* of those. */
u32 config_v1_info(u64 flags);

/* For @nr lines. */
bool config_v2_is_sane(const struct gpio_v2_line_config *config,
		       unsigned int nr);
/* Of the @n'th line. */
struct line_config config_v2(const struct gpio_v2_line_config *config,
			     unsigned int n);
