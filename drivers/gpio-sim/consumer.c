/* SPDX-License-Identifier: MIT */
#include "consumer.h"

#include "lines.h"

#include <linux/errno.h>
#include <linux/gpio/driver.h>
#include <linux/module.h>

static const char *names[LINES_MAX];

static int take(struct gpio_chip *gc, unsigned int offset)
{
	struct line *line = &lines[offset];
	unsigned long flags;
	int ret = -EBUSY;

	raw_spin_lock_irqsave(&lines_lock, flags);
	if (!line_is_taken(line)) {
		line->is_drivers = true;
		chip_tell(offset, GPIO_V2_LINE_CHANGED_REQUESTED);
		ret = 0;
	}
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return ret;
}

static void leave(struct gpio_chip *gc, unsigned int offset)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lines_lock, flags);
	line_leave(&lines[offset]);
	chip_tell(offset, GPIO_V2_LINE_CHANGED_RELEASED);
	raw_spin_unlock_irqrestore(&lines_lock, flags);
}

static int configure(unsigned int offset, const struct line_config *config)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lines_lock, flags);
	line_configure(&lines[offset], config);
	chip_tell(offset, GPIO_V2_LINE_CHANGED_CONFIG);
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return 0;
}

static int be_input(struct gpio_chip *gc, unsigned int offset)
{
	const struct line_config config = {
		.flags = GPIO_V2_LINE_FLAG_INPUT,
	};

	return configure(offset, &config);
}

static int be_output(struct gpio_chip *gc, unsigned int offset, int value)
{
	const struct line_config config = {
		.flags = GPIO_V2_LINE_FLAG_OUTPUT,
		.value = value,
	};

	return configure(offset, &config);
}

static int direction(struct gpio_chip *gc, unsigned int offset)
{
	unsigned long flags;
	int ret;

	raw_spin_lock_irqsave(&lines_lock, flags);
	ret = lines[offset].flags & GPIO_V2_LINE_FLAG_OUTPUT
		      ? GPIO_LINE_DIRECTION_OUT
		      : GPIO_LINE_DIRECTION_IN;
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return ret;
}

static int get(struct gpio_chip *gc, unsigned int offset)
{
	bool up = false;

	line_level(offset, &up);

	return up;
}

/* An input is not set. */
static void set(struct gpio_chip *gc, unsigned int offset, int value)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&lines_lock, flags);
	line_set_active(&lines[offset], value);
	raw_spin_unlock_irqrestore(&lines_lock, flags);
}

static int to_irq(struct gpio_chip *gc, unsigned int offset)
{
	unsigned int irq = line_irq(offset);

	return irq ? (int)irq : -ENXIO;
}

static struct gpio_chip chip = {
	.owner = THIS_MODULE,
	.request = take,
	.free = leave,
	.get_direction = direction,
	.direction_input = be_input,
	.direction_output = be_output,
	.get = get,
	.set = set,
	.to_irq = to_irq,
	.names = names,
};

const char *consumer_of(unsigned int offset)
{
	const char *consumer = gpiochip_is_requested(&chip, offset);

	return consumer ? consumer : "";
}

int consumer_init(const char *label, int base)
{
	for (unsigned int n = 0; n < nr_lines; n++)
		names[n] = lines[n].name[0] ? lines[n].name : NULL;
	chip.label = label;
	chip.base = base;
	chip.ngpio = (u16)nr_lines;

	return gpiochip_add_data(&chip, NULL);
}

void consumer_exit(void)
{
	gpiochip_remove(&chip);
}
