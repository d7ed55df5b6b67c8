/* SPDX-License-Identifier: MIT */
/*
 * The lines of the chip: what pulls them from outside, who drives them, and what
 * is told of their edges. One lock for all of them, taken on either stage and
 * held for a few instructions.
 */
#pragma once

#include <evl/timer.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <uapi/linux/gpio.h>

#define LINES_MAX 256

struct request;

struct line {
	const char *name;    /* "": it has none */
	struct request *req; /* the application which has it; NULL: none */
	u64 flags;	     /* GPIO_V2_LINE_FLAG_*, but for USED */
	bool is_drivers;     /* a driver has it */
	bool pulled;	     /* from outside: is it up? */
	bool driven;	     /* as an output */
	bool seen;	     /* the level which was told last */
	u32 debounce_us;
	u32 seqno; /* of its last event */
	struct evl_timer settling;
};

/* What a line is to be. */
struct line_config {
	u64 flags;
	u32 debounce_us;
	bool value; /* of an output: is it active? */
};

extern hard_spinlock_t lines_lock;
extern struct line lines[LINES_MAX];
extern unsigned int nr_lines;

/* What happened to a line, @type of enum gpio_v2_line_changed_type. Locked; the
 * chip's. */
void chip_tell(unsigned int offset, u32 type);
/* The same of a level. Locked; the request's. */
void request_tell(struct request *req, const struct line *line, bool active);
const char *request_consumer(const struct request *req);
/* The driver's that has a line, for people. Any stage. */
const char *consumer_of(unsigned int offset);

/* In-band, when the module comes and goes. @irq: the first line's; 0: none. */
void lines_init(unsigned int irq);
void lines_exit(void);

/* All of these: any stage, locked. */
bool line_is_taken(const struct line *line);
void line_configure(struct line *line, const struct line_config *config);
void line_leave(struct line *line);
bool line_is_active(const struct line *line);
/* -EPERM: it is no output. */
int line_set_active(struct line *line, bool active);

/* And these: any stage, not locked. False: there is none such. */
bool line_pull(unsigned int offset, bool up);
bool line_level(unsigned int offset, bool *r_up);
unsigned int line_irq(unsigned int offset); /* 0: none */
bool line_info(unsigned int offset, struct gpio_v2_line_info *r_info);
void line_info_locked(unsigned int offset, struct gpio_v2_line_info *r_info);
