/* SPDX-License-Identifier: MIT */
/*
 * Timers of the in-band stage: a function which runs once, at a date in
 * jiffies. It is called on no fiber, as an interrupt handler would be: it must
 * not sleep, and nothing else of the stage runs meanwhile. Who needs to be in
 * time uses EVL's (evl/timer.h).
 *
 * Source: driver-api 5.1; as in Linux 6.6
 */
#ifndef _LINUX_TIMER_H
#define _LINUX_TIMER_H

#include <linux/container_of.h>
#include <linux/jiffies.h>
#include <linux/ktime.h>
#include <linux/types.h>

struct timer_list {
	unsigned long expires; /* jiffies */
	void (*function)(struct timer_list *timer);
	u32 flags;
	u64 shot[8]; /* the core's own */
};

/* Means nothing here: there is one in-band thread. */
#define TIMER_DEFERRABLE	 0x1
#define TIMER_PINNED		 0x2
#define TIMER_IRQSAFE		 0x4

#define DEFINE_TIMER(name, func) struct timer_list name = { .function = (func) }

/**
 * timer_setup() - prepare a timer
 * @timer:	the timer, not pending
 * @func:	void func(struct timer_list *timer)
 * @tflags:	0, or TIMER_* above
 *
 * Stage:  any.
 * Blocks: no.
 */
static inline void timer_setup(struct timer_list *timer,
			       void (*func)(struct timer_list *timer),
			       unsigned int tflags)
{
	*timer = (struct timer_list){ .function = func, .flags = tflags };
}
#define timer_setup_on_stack(timer, func, flags) timer_setup(timer, func, flags)

static inline void destroy_timer_on_stack(struct timer_list *timer)
{
	(void)timer;
}

/* In a timer's function: what embeds it. */
#define from_timer(var, timer, field) \
	container_of(timer, __typeof__(*(var)), field)
#define timer_container_of(var, timer, field) from_timer(var, timer, field)

/**
 * mod_timer() - start a timer, or give it another date
 * @timer:	the timer
 * @expires:	when to run its function, in jiffies; what has passed is now
 *
 * Nothing happens after timer_shutdown().
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 1 if it was pending, else 0
 */
int mod_timer(struct timer_list *timer, unsigned long expires);
#define mod_timer_pending(timer, expires) \
	(timer_pending(timer) ? mod_timer(timer, expires) : 0)
/* Only if that is earlier, or it is not pending. */
int timer_reduce(struct timer_list *timer, unsigned long expires);

/* Start it for ->expires. Any stage, does not block. */
static inline void add_timer(struct timer_list *timer)
{
	(void)mod_timer(timer, timer->expires);
}
#define add_timer_on(timer, cpu) add_timer(timer)

/**
 * timer_delete() - stop a timer
 * @timer:	the timer; its function may be running still, if the caller is
 *		out-of-band
 *
 * Stage:  any.
 * Blocks: no.
 *
 * Return: 1 if it was pending, else 0
 */
int __timer_delete(struct timer_list *timer);
#define timer_delete(timer) __timer_delete(timer) /* the C library has one */

/**
 * timer_delete_sync() - stop a timer, and be sure that its function has ended
 * @timer:	the timer
 *
 * Functions run on the in-band thread, so that nobody in-band ever meets one,
 * but itself. It may start the timer again.
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: 1 if it was pending, else 0
 */
int timer_delete_sync(struct timer_list *timer);

/* timer_delete(), and nobody starts it again. Any stage, does not block. */
int timer_shutdown(struct timer_list *timer);
#define timer_shutdown_sync(timer)   timer_shutdown(timer)
#define try_to_del_timer_sync(timer) timer_delete(timer)

/* As they were called until lately. */
#define del_timer(timer)		 __timer_delete(timer)
#define del_timer_sync(timer)		 timer_delete_sync(timer)
#define del_singleshot_timer_sync(timer) timer_delete_sync(timer)

/* Is it going to run its function? Any stage, does not block. */
int timer_pending(const struct timer_list *timer);

#endif /* _LINUX_TIMER_H */
