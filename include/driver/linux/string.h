/* SPDX-License-Identifier: MIT */
/* The C library's, and what the kernel has besides.
 * Source: driver-api 5.2 */
#ifndef _EVL_CUSED_LINUX_STRING_H
#define _EVL_CUSED_LINUX_STRING_H

#include <errno.h>
#include <linux/slab.h>
#include <linux/types.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

/* Copy @src, cutting it to @size bytes with the final 0. Its length, or -E2BIG
 * if it was cut (or @size is 0). */
static inline ssize_t strscpy(char *dest, const char *src, size_t size)
{
	size_t len;

	if (size == 0)
		return -E2BIG;

	len = strnlen(src, size);
	if (len == size) {
		memcpy(dest, src, size - 1);
		dest[size - 1] = '\0';
		return -E2BIG;
	}
	memcpy(dest, src, len + 1);

	return (ssize_t)len;
}

/* strscpy(), and the rest of @dest is zeroed. */
static inline ssize_t strscpy_pad(char *dest, const char *src, size_t size)
{
	ssize_t len = strscpy(dest, src, size);

	if (len >= 0)
		memset(dest + len, 0, size - (size_t)len);

	return len;
}

/* The first byte which is not @c, NULL if they all are. */
static inline void *memchr_inv(const void *start, int c, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)start;

	for (size_t i = 0; i < size; i++)
		if (bytes[i] != (unsigned char)c)
			return (void *)&bytes[i];

	return NULL;
}

static inline bool strstarts(const char *str, const char *prefix)
{
	return strncmp(str, prefix, strlen(prefix)) == 0;
}

/* Equal but for a newline at the end of either? */
static inline bool sysfs_streq(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b);

	len_a -= len_a && a[len_a - 1] == '\n';
	len_b -= len_b && b[len_b - 1] == '\n';

	return len_a == len_b && memcmp(a, b, len_a) == 0;
}

/* Where @str is among @n strings (up to a NULL among them), or -EINVAL. */
static inline int match_string(const char *const *array, size_t n,
			       const char *str)
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (strcmp(array[i], str) == 0)
			return (int)i;

	return -EINVAL;
}

/* strscpy(), as it was before, where the C library has it not: @src's length,
 * cut or not. */
#if !__GLIBC_PREREQ(2, 38)
static inline size_t strlcpy(char *dest, const char *src, size_t size)
{
	size_t len = strlen(src);

	strscpy(dest, src, size);

	return len;
}
#endif

static inline char *skip_spaces(const char *str)
{
	return (char *)str + strspn(str, " \t\n\v\f\r");
}

/* Without blanks at its ends: in place, from where it returns. */
static inline char *strim(char *str)
{
	size_t len = strlen(str);

	while (len && strchr(" \t\n\v\f\r", str[len - 1]))
		len--;
	str[len] = '\0';

	return skip_spaces(str);
}
#define strstrip(str) strim(str)

#endif /* _EVL_CUSED_LINUX_STRING_H */
