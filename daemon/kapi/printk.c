/* SPDX-License-Identifier: MIT */
/*
 * printk(), on top of the daemon's log. A message which does not end in a
 * newline is held back for what KERN_CONT may add to it: until the next
 * message, or until the in-band stage has a moment.
 */
#include <linux/kernel.h>
#include <linux/printk.h>

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/format.h"
#include "kapi/modname.h"
#include "stage/clock.h"
#include "stage/pi-mutex.h"

#include <linux/irq_work.h>
#include <stdio.h>
#include <string.h>

struct message {
	enum log_level level;
	size_t len; /* of @text, at most sizeof(@text) - 1 */
	char text[240];
};

static struct message held; /* under held_lock */
static struct pi_mutex held_lock;

static enum log_level level_of(char digit)
{
	if (digit <= '3')
		return LOG_LEVEL_ERR;
	if (digit == '4')
		return LOG_LEVEL_WARN;

	return digit == '7' ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

static bool take_held(struct message *r_msg)
{
	bool found;

	pi_lock(&held_lock);
	found = held.len > 0;
	if (found)
		*r_msg = held;
	/* Relaxed: for the look of print_held(). */
	__atomic_store_n(&held.len, 0, __ATOMIC_RELAXED);
	pi_unlock(&held_lock);

	return found;
}

/* A line each, without the newlines. */
static void print_message(struct message *msg)
{
	char *line = msg->text, *end;

	msg->text[msg->len] = '\0';
	for (; *line; line = end + 1) {
		end = strchr(line, '\n');
		if (end == NULL) {
			log_line(msg->level, "%s", line);
			return;
		}
		*end = '\0';
		log_line(msg->level, "%s", line);
	}
}

static void print_held(void)
{
	struct message msg;

	/* Relaxed: a message of another thread may come before or after ours. */
	if (__atomic_load_n(&held.len, __ATOMIC_RELAXED) && take_held(&msg))
		print_message(&msg);
}

static void on_idle(struct irq_work *work)
{
	(void)work;
	print_held();
}

static void hold(const struct message *msg)
{
	static struct irq_work later = IRQ_WORK_INIT(on_idle);

	pi_lock(&held_lock);
	held.level = msg->level;
	memcpy(held.text, msg->text, msg->len);
	/* Relaxed: as above. */
	__atomic_store_n(&held.len, msg->len, __ATOMIC_RELAXED);
	pi_unlock(&held_lock);
	irq_work_queue(&later);
}

__printf(2, 0) static void format(struct message *msg, const char *fmt,
				  va_list ap)
{
	size_t room = sizeof(msg->text);
	int len = format_text(msg->text, room, fmt, ap);

	if (len > 0)
		msg->len = (size_t)len < room ? (size_t)len : room - 1;
}

/* What KERN_* says, at @text; what comes behind. */
static const char *parse_level(const char *text, enum log_level *level,
			       bool *goes_on)
{
	for (; text[0] == KERN_SOH[0] && text[1]; text += 2) {
		if (text[1] == 'c')
			*goes_on = true;
		else
			*level = level_of(text[1]);
	}

	return text;
}

/* What may have come as "%s". */
static void take_level(struct message *msg, bool *goes_on)
{
	const char *text = parse_level(msg->text, &msg->level, goes_on);

	msg->len -= (size_t)(text - msg->text);
	memmove(msg->text, text, msg->len + 1);
	/* "foo.c: text" */
	msg->len = strlen(modname_cut(msg->text));
}

/* @msg goes on with what was held back: both in one. */
static void join(struct message *msg)
{
	struct message whole;
	size_t room, len = msg->len;

	if (!take_held(&whole))
		return;
	room = sizeof(whole.text) - 1 - whole.len;
	memcpy(whole.text + whole.len, msg->text, len < room ? len : room);
	whole.len += len < room ? len : room;
	*msg = whole;
}

EXPORT int vprintk(const char *fmt, va_list ap)
{
	struct message msg = { .level = LOG_LEVEL_INFO };
	bool goes_on = false;
	int len;

	fmt = parse_level(fmt, &msg.level, &goes_on);
	format(&msg, fmt, ap);
	take_level(&msg, &goes_on);
	len = (int)msg.len;

	if (goes_on)
		join(&msg);
	else
		print_held();
	if (msg.len && msg.text[msg.len - 1] != '\n' &&
	    msg.len < sizeof(msg.text) - 1)
		hold(&msg);
	else
		print_message(&msg);

	return len;
}

EXPORT int printk(const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vprintk(fmt, ap);
	va_end(ap);

	return len;
}

EXPORT bool __ratelimit(struct ratelimit_state *state)
{
	uint64_t now = clock_ns();

	/* Relaxed, all: a line more or less is no harm. */
	if (now - __atomic_load_n(&state->since, __ATOMIC_RELAXED) >
	    5 * NS_PER_SEC) {
		__atomic_store_n(&state->since, now, __ATOMIC_RELAXED);
		__atomic_store_n(&state->count, 0, __ATOMIC_RELAXED);
	}

	return __atomic_fetch_add(&state->count, 1, __ATOMIC_RELAXED) < 10;
}
