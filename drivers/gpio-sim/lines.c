/* SPDX-License-Identifier: MIT */
#include "lines.h"

#include <evl/clock.h>
#include <linux/interrupt.h>
#include <linux/string.h>

DEFINE_HARD_SPINLOCK(lines_lock);
struct line lines[LINES_MAX];
unsigned int nr_lines = 32;

static unsigned int first_irq;

static bool is_input(const struct line *line)
{
	return !(line->flags & GPIO_V2_LINE_FLAG_OUTPUT);
}

static bool is_active_low(const struct line *line)
{
	return line->flags & GPIO_V2_LINE_FLAG_ACTIVE_LOW;
}

/* Is it up? An output which lets go is where it is pulled. */
static bool level(const struct line *line)
{
	if (is_input(line) ||
	    (line->driven && (line->flags & GPIO_V2_LINE_FLAG_OPEN_DRAIN)) ||
	    (!line->driven && (line->flags & GPIO_V2_LINE_FLAG_OPEN_SOURCE)))
		return line->pulled;

	return line->driven;
}

unsigned int line_irq(unsigned int offset)
{
	return first_irq ? first_irq + offset : 0;
}

static void interrupt(const struct line *line)
{
	unsigned int irq = line_irq((unsigned int)(line - lines));
	u32 type, wanted;

	if (irq == 0)
		return;

	type = irq_get_trigger_type(irq);
	wanted = line->seen ? IRQ_TYPE_EDGE_RISING | IRQ_TYPE_LEVEL_HIGH
			    : IRQ_TYPE_EDGE_FALLING | IRQ_TYPE_LEVEL_LOW;
	if (type == IRQ_TYPE_NONE || (type & wanted))
		generic_handle_irq(irq);
}

/* Its level is another one than was seen last. */
static void see(struct line *line)
{
	const u64 edge = GPIO_V2_LINE_FLAG_EDGE_RISING;
	bool active;

	line->seen = !line->seen;
	if (!is_input(line))
		return;

	interrupt(line);
	active = line_is_active(line);
	if (line->flags & (active ? edge : GPIO_V2_LINE_FLAG_EDGE_FALLING)) {
		line->seqno++;
		request_tell(line->req, line, active);
	}
}

/* Its level may have changed. Locked. */
static void look(struct line *line)
{
	bool changed = level(line) != line->seen;

	if (line->debounce_us == 0) {
		if (changed)
			see(line);
		return;
	}

	/* Whatever comes before it has settled begins anew; what goes back is
	 * found so by then. */
	if (changed)
		evl_start_timer(
			&line->settling,
			evl_abs_timeout(&line->settling,
					(ktime_t)line->debounce_us * 1000),
			EVL_INFINITE);
}

static void settled(struct evl_timer *timer)
{
	struct line *line = container_of(timer, struct line, settling);
	unsigned long flags;

	raw_spin_lock_irqsave(&lines_lock, flags);
	if (line->debounce_us && level(line) != line->seen)
		see(line);
	raw_spin_unlock_irqrestore(&lines_lock, flags);
}

void lines_init(unsigned int irq)
{
	first_irq = irq;
	for (unsigned int n = 0; n < nr_lines; n++) {
		lines[n].flags = GPIO_V2_LINE_FLAG_INPUT;
		evl_init_timer(&lines[n].settling, settled);
	}
}

void lines_exit(void)
{
	for (unsigned int n = 0; n < nr_lines; n++)
		evl_destroy_timer(&lines[n].settling);
}

bool line_is_taken(const struct line *line)
{
	return line->req || line->is_drivers;
}

void line_configure(struct line *line, const struct line_config *config)
{
	const u64 direction =
		GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_OUTPUT;
	u64 flags = config->flags;

	/* As it is. */
	if (!(flags & direction))
		flags |= line->flags & direction;

	line->flags = flags;
	line->debounce_us = config->debounce_us;
	evl_stop_timer(&line->settling);
	if (config->flags & GPIO_V2_LINE_FLAG_OUTPUT)
		line->driven = config->value != is_active_low(line);
	if (flags & GPIO_V2_LINE_FLAG_BIAS_PULL_UP)
		line->pulled = true;
	if (flags & GPIO_V2_LINE_FLAG_BIAS_PULL_DOWN)
		line->pulled = false;
	/* That was no edge. */
	line->seen = level(line);
}

void line_leave(struct line *line)
{
	const struct line_config unused = { .flags = GPIO_V2_LINE_FLAG_INPUT };

	line->req = NULL;
	line->is_drivers = false;
	line->seqno = 0;
	line_configure(line, &unused);
}

bool line_is_active(const struct line *line)
{
	return line->seen != is_active_low(line);
}

int line_set_active(struct line *line, bool active)
{
	if (is_input(line))
		return -EPERM;

	line->driven = active != is_active_low(line);
	look(line);

	return 0;
}

bool line_pull(unsigned int offset, bool up)
{
	unsigned long flags;

	if (offset >= nr_lines)
		return false;

	raw_spin_lock_irqsave(&lines_lock, flags);
	lines[offset].pulled = up;
	look(&lines[offset]);
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return true;
}

bool line_level(unsigned int offset, bool *r_up)
{
	unsigned long flags;

	if (offset >= nr_lines)
		return false;

	raw_spin_lock_irqsave(&lines_lock, flags);
	*r_up = level(&lines[offset]);
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return true;
}

void line_info_locked(unsigned int offset, struct gpio_v2_line_info *r_info)
{
	const struct line *line = &lines[offset];

	*r_info = (struct gpio_v2_line_info){
		.offset = offset,
		.flags = line->flags,
	};
	strscpy(r_info->name, line->name, sizeof(r_info->name));
	if (line_is_taken(line)) {
		r_info->flags |= GPIO_V2_LINE_FLAG_USED;
		strscpy(r_info->consumer,
			line->req ? request_consumer(line->req)
				  : consumer_of(offset),
			sizeof(r_info->consumer));
	}
	if (line->debounce_us) {
		r_info->num_attrs = 1;
		r_info->attrs[0].id = GPIO_V2_LINE_ATTR_ID_DEBOUNCE;
		r_info->attrs[0].debounce_period_us = line->debounce_us;
	}
}

bool line_info(unsigned int offset, struct gpio_v2_line_info *r_info)
{
	unsigned long flags;

	if (offset >= nr_lines)
		return false;

	raw_spin_lock_irqsave(&lines_lock, flags);
	line_info_locked(offset, r_info);
	raw_spin_unlock_irqrestore(&lines_lock, flags);

	return true;
}
