/* SPDX-License-Identifier: MIT */
/*
 * What drivers call themselves who were not told, by -DKBUILD_MODNAME, what
 * they are called: KBUILD_MODNAME has to be a literal, and all the compiler
 * knows is the file's name, "foo.c". So nodes, classes, platform drivers and
 * lines of the log would be foo.c's, and are foo's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * Where the ".c" begins that is to be left out of a name, or of the format of
 * one or of a line; NULL: there is none. It follows a word, and what follows it
 * does not make a longer word of it: "foo.c", "foo.c%d", "foo.c: text", but not
 * "foo.conf", "4000.c0", "sub/foo.c" or "foo.c:12", which is a place.
 */
static inline const char *modname_suffix(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
	const char *end = text + len;

	if (len == 0 || strncmp(end, ".c", 2) != 0)
		return NULL;
	if (end[2] == ':' && end[3] >= '0' && end[3] <= '9')
		return NULL;

	return end[2] == '\0' || strchr(": %-_./", end[2]) ? end : NULL;
}

/* How much of the name counts, for "%.*s". */
static inline int modname_len(const char *name)
{
	const char *end = modname_suffix(name);

	return (int)(end ? (size_t)(end - name) : strlen(name));
}

/* The same name, but for that? */
static inline bool modname_is_same(const char *a, const char *b)
{
	const char *end_a = modname_suffix(a), *end_b = modname_suffix(b);
	size_t len_a = end_a ? (size_t)(end_a - a) : strlen(a);
	size_t len_b = end_b ? (size_t)(end_b - b) : strlen(b);

	return len_a == len_b && memcmp(a, b, len_a) == 0 &&
	       strcmp(end_a ? end_a + 2 : "", end_b ? end_b + 2 : "") == 0;
}

/* Take it out of the @name, in place. */
static inline char *modname_cut(char *name)
{
	char *end = (char *)modname_suffix(name);

	if (end)
		memmove(end, end + 2, strlen(end + 2) + 1);

	return name;
}
