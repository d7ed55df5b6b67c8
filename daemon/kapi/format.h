/* SPDX-License-Identifier: MIT */
/*
 * printf() as drivers know it: the C library's, and the kernel's extensions to
 * %p, which say what a pointer points to. Any stage; does not block.
 */
#pragma once

#include <linux/compiler.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Text that is being made, in @size bytes; @len counts on when it is full. */
struct text {
	char *buf;
	size_t size, len;
};

void text_add(struct text *text, const char *fmt, ...) __printf(2, 3);

/* As vsnprintf(). */
int format_text(char *buf, size_t size, const char *fmt, va_list ap)
	__printf(3, 0);

/* The same, malloc()'ed; NULL: there is no memory. */
char *format_string(const char *fmt, va_list ap) __printf(1, 0);

/* What @ptr points to, as @ext, the letters behind "%p", want it, the field being
 * @width wide (-1: as wide as it is). False: they are none of the extensions. */
bool format_pointer(struct text *text, const char *ext, const void *ptr,
		    int width);
