/* SPDX-License-Identifier: MIT */
/*
 * A format is taken apart into its conversions, since the C library could not
 * tell one of the kernel's from one of its own with letters behind it. Each is
 * then made by snprintf() alone, its "*" replaced by numbers.
 */
#include "kapi/format.h"

#include "kapi/export.h"

#include <ctype.h>
#include <linux/kernel.h>
#include <linux/printk.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One conversion. */
struct spec {
	char fmt[48]; /* as snprintf() wants it, with the length's letters */
	char length;  /* 0, or of "hlLjzt"; 'H' is hh, 'q' is ll */
	char type;    /* "d", ..., or 0: the format ends within it */
	int width, precision; /* -1: none */
};

/* A va_list by a pointer, whatever a va_list is. */
struct args {
	va_list ap;
};

void text_add(struct text *text, const char *fmt, ...)
{
	bool has_room = text->len < text->size;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(has_room ? text->buf + text->len : NULL,
			has_room ? text->size - text->len : 0, fmt, ap);
	va_end(ap);
	if (len > 0)
		text->len += (size_t)len;
}

/* @n bytes as they are. */
static void add_bytes(struct text *text, const char *bytes, size_t n)
{
	size_t room = text->len < text->size ? text->size - text->len : 0;

	if (room > 0) {
		size_t fits = n < room - 1 ? n : room - 1;

		memcpy(text->buf + text->len, bytes, fits);
		text->buf[text->len + fits] = '\0';
	}
	text->len += n;
}

/* A number at *@at, or the next argument for "*". */
static int parse_number(const char **at, struct args *args)
{
	int number = 0;

	if (**at == '*') {
		(*at)++;
		return va_arg(args->ap, int);
	}
	while (isdigit(**at)) {
		if (number < 100000)
			number = number * 10 + (**at - '0');
		(*at)++;
	}

	return number;
}

static char parse_length(const char **at)
{
	char letter = **at;

	if (letter == '\0' || strchr("hlLjzqt", letter) == NULL)
		return 0;
	(*at)++;
	if ((letter == 'h' || letter == 'l') && **at == letter) {
		(*at)++;
		return letter == 'h' ? 'H' : 'q';
	}

	return letter == 'L' ? 'q' : letter;
}

/* What is at @at, behind a "%". What comes behind it. */
static const char *parse(struct spec *spec, const char *at, struct args *args)
{
	char flags[8] = "";
	size_t nr_flags = 0;
	int len;

	*spec = (struct spec){ .width = -1, .precision = -1 };
	for (; *at && strchr("-+ #0'", *at); at++)
		if (nr_flags < sizeof(flags) - 2 && !strchr(flags, *at))
			flags[nr_flags++] = *at;
	if (*at == '*' || isdigit(*at)) {
		spec->width = parse_number(&at, args);
		if (spec->width < 0) {
			if (!strchr(flags, '-'))
				flags[nr_flags++] = '-';
			spec->width =
				spec->width < -100000 ? 100000 : -spec->width;
		}
	}
	if (*at == '.') {
		at++;
		spec->precision = parse_number(&at, args);
	}
	spec->length = parse_length(&at);
	spec->type = *at;

	len = snprintf(spec->fmt, sizeof(spec->fmt), "%%%s", flags);
	if (spec->width >= 0)
		len += snprintf(spec->fmt + len, 12, "%d", spec->width);
	if (spec->precision >= 0)
		len += snprintf(spec->fmt + len, 12, ".%d", spec->precision);

	return *at ? at + 1 : at;
}

/* Its next integer argument, in 64 bits. */
static long long take_integer(const struct spec *spec, struct args *args)
{
	bool is_signed = spec->type == 'd' || spec->type == 'i';
	int number;

	switch (spec->length) {
	case 'q':
	case 'l':
	case 'j':
	case 'z':
	case 't':
		return va_arg(args->ap, long long); /* all of 64 bits */
	default:
		number = va_arg(args->ap, int);
	}
	if (spec->length == 'H')
		return is_signed ? (signed char)number : (unsigned char)number;
	if (spec->length == 'h')
		return is_signed ? (short)number : (unsigned short)number;

	return is_signed ? number : (long long)(unsigned int)number;
}

static_assert(sizeof(long) == sizeof(long long), "see take_integer()");

#pragma GCC diagnostic push
/* The formats are of our own making. */
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static void convert(struct text *text, struct spec *spec, struct args *args)
{
	char *end = spec->fmt + strlen(spec->fmt);
	const char *str;

	switch (spec->type) {
	case 'd':
	case 'i':
	case 'u':
	case 'o':
	case 'x':
	case 'X':
		memcpy(end, (char[]){ 'l', 'l', spec->type, '\0' }, 4);
		text_add(text, spec->fmt, take_integer(spec, args));
		break;
	case 'c':
		memcpy(end, "c", 2);
		text_add(text, spec->fmt, va_arg(args->ap, int));
		break;
	case 's':
		memcpy(end, "s", 2);
		str = va_arg(args->ap, const char *);
		text_add(text, spec->fmt, str ? str : "(null)");
		break;
	case 'p':
		memcpy(end, "p", 2);
		text_add(text, spec->fmt, va_arg(args->ap, void *));
		break;
	default: /* of floating point: there is none in a kernel, but here */
		memcpy(end, (char[]){ spec->type, '\0' }, 2);
		text_add(text, spec->fmt, va_arg(args->ap, double));
	}
}
#pragma GCC diagnostic pop

/* "%p", @at being what follows it. What follows that. */
static const char *convert_pointer(struct text *text, struct spec *spec,
				   const char *at, struct args *args)
{
	struct args copy;
	bool known;

	va_copy(copy.ap, args->ap);
	known = isalnum(*at) &&
		format_pointer(text, at, va_arg(copy.ap, void *), spec->width);
	va_end(copy.ap);
	if (!known) {
		convert(text, spec, args);
		return at;
	}
	(void)va_arg(args->ap, void *);
	while (isalnum(*at))
		at++;

	return at;
}

int format_text(char *buf, size_t size, const char *fmt, va_list ap)
{
	struct text text = { .buf = buf, .size = size };
	const char *end;
	struct args args;
	struct spec spec;

	if (size)
		buf[0] = '\0';
	va_copy(args.ap, ap);
	while (*fmt) {
		end = strchrnul(fmt, '%');
		add_bytes(&text, fmt, (size_t)(end - fmt));
		if (*end == '\0')
			break;

		fmt = parse(&spec, end + 1, &args);
		if (spec.type == 'p')
			fmt = convert_pointer(&text, &spec, fmt, &args);
		else if (spec.type && strchr("diouxXcsaAeEfFgG", spec.type))
			convert(&text, &spec, &args);
		else if (spec.type == '%')
			add_bytes(&text, "%", 1);
		else /* unknown: as it is, %n too, for which none is written */
			add_bytes(&text, end, (size_t)(fmt - end));
	}
	va_end(args.ap);

	return (int)text.len;
}

char *format_string(const char *fmt, va_list ap)
{
	va_list again;
	char *str;
	int len;

	va_copy(again, ap);
	len = format_text(NULL, 0, fmt, again);
	va_end(again);

	str = malloc((size_t)len + 1);
	if (str)
		format_text(str, (size_t)len + 1, fmt, ap);

	return str;
}

EXPORT int __kernel_vsnprintf(char *buf, size_t size, const char *fmt,
			      va_list ap)
{
	return format_text(buf, size, fmt, ap);
}

EXPORT int __kernel_snprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = format_text(buf, size, fmt, ap);
	va_end(ap);

	return len;
}

EXPORT int vscnprintf(char *buf, size_t size, const char *fmt, va_list ap)
{
	int len = format_text(buf, size, fmt, ap);

	if (size == 0)
		return 0;

	return (size_t)len < size ? len : (int)size - 1;
}

EXPORT int scnprintf(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vscnprintf(buf, size, fmt, ap);
	va_end(ap);

	return len;
}
