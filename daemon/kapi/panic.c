/* SPDX-License-Identifier: MIT */
#include <linux/panic.h>

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/golden-rule.h"
#include "kapi/image.h"

#include <execinfo.h>
#include <linux/printk.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define MOST_FRAMES 24

EXPORT void dump_stack(void)
{
	void *frames[MOST_FRAMES];
	char place[160];
	int count;

	golden_rule_note(BREACH_SYSCALL, "dump_stack");
	/* The first time it loads a library. */
	stage_lenient();
	count = backtrace(frames, MOST_FRAMES);
	stage_strict();

	log_info("call trace:");
	/* But this function. */
	for (int i = 1; i < count; i++) {
		image_describe(place, sizeof(place), (uintptr_t)frames[i],
			       true);
		log_info("  %s", place);
	}
}

EXPORT void panic(const char *fmt, ...)
{
	char text[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	printk(KERN_EMERG "panic: %s\n", text);
	/* As BUG(): no rule is in the way. */
	__builtin_trap();
}
