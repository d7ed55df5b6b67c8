/* SPDX-License-Identifier: MIT */
#include "config.h"

#include <linux/kernel.h>
#include <linux/string.h>

/* What a flag is called in each ABI. */
static const struct {
	u32 handle; /* GPIOHANDLE_REQUEST_* */
	u32 line;   /* GPIOLINE_FLAG_* */
	u64 v2;	    /* GPIO_V2_LINE_FLAG_* */
} names[] = {
	{ 0, GPIOLINE_FLAG_KERNEL, GPIO_V2_LINE_FLAG_USED },
	{ GPIOHANDLE_REQUEST_INPUT, 0, GPIO_V2_LINE_FLAG_INPUT },
	{ GPIOHANDLE_REQUEST_OUTPUT, GPIOLINE_FLAG_IS_OUT,
	  GPIO_V2_LINE_FLAG_OUTPUT },
	{ GPIOHANDLE_REQUEST_ACTIVE_LOW, GPIOLINE_FLAG_ACTIVE_LOW,
	  GPIO_V2_LINE_FLAG_ACTIVE_LOW },
	{ GPIOHANDLE_REQUEST_OPEN_DRAIN, GPIOLINE_FLAG_OPEN_DRAIN,
	  GPIO_V2_LINE_FLAG_OPEN_DRAIN },
	{ GPIOHANDLE_REQUEST_OPEN_SOURCE, GPIOLINE_FLAG_OPEN_SOURCE,
	  GPIO_V2_LINE_FLAG_OPEN_SOURCE },
	{ GPIOHANDLE_REQUEST_BIAS_PULL_UP, GPIOLINE_FLAG_BIAS_PULL_UP,
	  GPIO_V2_LINE_FLAG_BIAS_PULL_UP },
	{ GPIOHANDLE_REQUEST_BIAS_PULL_DOWN, GPIOLINE_FLAG_BIAS_PULL_DOWN,
	  GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN },
	{ GPIOHANDLE_REQUEST_BIAS_DISABLE, GPIOLINE_FLAG_BIAS_DISABLE,
	  GPIO_V2_LINE_FLAG_BIAS_DISABLED },
};

#define DIRECTIONS (GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT)
#define EDGES	   (GPIO_V2_LINE_FLAG_EDGE_RISING | GPIO_V2_LINE_FLAG_EDGE_FALLING)
#define DRIVES	   (GPIO_V2_LINE_FLAG_OPEN_DRAIN | GPIO_V2_LINE_FLAG_OPEN_SOURCE)
#define BIASES                                                               \
	(GPIO_V2_LINE_FLAG_BIAS_PULL_UP | GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN | \
	 GPIO_V2_LINE_FLAG_BIAS_DISABLED)
/* But for GPIO_V2_LINE_FLAG_EVENT_CLOCK_HTE: there is no such engine. */
#define ALL_FLAGS                                                              \
	(DIRECTIONS | EDGES | DRIVES | BIASES | GPIO_V2_LINE_FLAG_ACTIVE_LOW | \
	 GPIO_V2_LINE_FLAG_EVENT_CLOCK_REALTIME)

static bool is_several(u64 flags)
{
	return flags & (flags - 1);
}

static bool flags_are_sane(u64 flags)
{
	if (flags & ~(u64)ALL_FLAGS)
		return false;
	if (is_several(flags & DIRECTIONS) || is_several(flags & DRIVES) ||
	    is_several(flags & BIASES))
		return false;
	if ((flags & EDGES) && !(flags & GPIO_V2_LINE_FLAG_INPUT))
		return false;
	if ((flags & DRIVES) && !(flags & GPIO_V2_LINE_FLAG_OUTPUT))
		return false;

	return !(flags & BIASES) || (flags & DIRECTIONS);
}

static u64 v2_flags(u32 handle_flags)
{
	u64 flags = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (handle_flags & names[i].handle)
			flags |= names[i].v2;

	return flags;
}

bool config_v1_is_sane(u32 flags)
{
	u32 known = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		known |= names[i].handle;

	return !(flags & ~known) && flags_are_sane(v2_flags(flags));
}

struct line_config config_v1(u32 flags, bool value)
{
	return (struct line_config){
		.flags = v2_flags(flags),
		.value = value,
	};
}

u32 config_v1_info(u64 flags)
{
	u32 info = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (flags & names[i].v2)
			info |= names[i].line;

	return info;
}

/* The first one of that kind for line @n counts; NULL: there is none. */
static const struct gpio_v2_line_attribute *
find_attr(const struct gpio_v2_line_config *config, u32 id, unsigned int n)
{
	for (unsigned int i = 0; i < config->num_attrs; i++)
		if (config->attrs[i].attr.id == id &&
		    (config->attrs[i].mask & BIT_ULL(n)))
			return &config->attrs[i].attr;

	return NULL;
}

struct line_config config_v2(const struct gpio_v2_line_config *config,
			     unsigned int n)
{
	struct line_config line = { .flags = config->flags };
	const struct gpio_v2_line_attribute *attr;

	attr = find_attr(config, GPIO_V2_LINE_ATTR_ID_FLAGS, n);
	if (attr)
		line.flags = attr->flags;
	attr = find_attr(config, GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES, n);
	if (attr)
		line.value = attr->values & BIT_ULL(n);
	attr = find_attr(config, GPIO_V2_LINE_ATTR_ID_DEBOUNCE, n);
	if (attr)
		line.debounce_us = attr->debounce_period_us;

	return line;
}

bool config_v2_is_sane(const struct gpio_v2_line_config *config,
		       unsigned int nr)
{
	struct line_config line;

	if (config->num_attrs > GPIO_V2_LINE_NUM_ATTRS_MAX ||
	    memchr_inv(config->padding, 0, sizeof(config->padding)))
		return false;
	for (unsigned int i = 0; i < config->num_attrs; i++)
		if (config->attrs[i].attr.padding)
			return false;

	for (unsigned int n = 0; n < nr; n++) {
		line = config_v2(config, n);
		if (!flags_are_sane(line.flags) ||
		    (line.debounce_us &&
		     !(line.flags & GPIO_V2_LINE_FLAG_INPUT)))
			return false;
	}

	return true;
}
