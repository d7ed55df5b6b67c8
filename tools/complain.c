/* SPDX-License-Identifier: MIT */
#include "complain.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static char first[1024];

void complain(const char *fmt, ...)
{
	char text[sizeof(first)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);

	fprintf(stderr, "%s: %s\n", program_invocation_short_name, text);
	if (first[0] == '\0')
		snprintf(first, sizeof(first), "%s", text);
}

const char *complaint(void)
{
	return first;
}
