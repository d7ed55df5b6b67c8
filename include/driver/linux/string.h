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

#if !__GLIBC_PREREQ(2, 38)
/* Append @src as far as it goes, in @size bytes: what length it wanted. */
static inline size_t strlcat(char *dest, const char *src, size_t size)
{
	size_t len = strnlen(dest, size);

	if (len < size)
		strscpy(dest + len, src, size - len);

	return len + strlen(src);
}
#endif

/* Where @str is among the strings of an array, as match_string(); a newline at
 * its end is not looked at. */
#define sysfs_match_string(array, str) \
	__sysfs_match_string(array, sizeof(array) / sizeof((array)[0]), str)
static inline int __sysfs_match_string(const char *const *array, size_t n,
				       const char *str)
{
	for (size_t i = 0; i < n && array[i]; i++)
		if (sysfs_streq(array[i], str))
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

/* The length of @prefix if @str begins with it, else 0. */
static inline size_t str_has_prefix(const char *str, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(str, prefix, len) == 0 ? len : 0;
}

/* The first @c among @count characters, NULL if there is none. */
static inline char *strnchr(const char *str, size_t count, int c)
{
	for (; count-- && *str; str++)
		if (*str == (char)c)
			return (char *)str;

	return NULL;
}

/* @old becomes @new everywhere: @str again. */
static inline char *strreplace(char *str, char old, char new)
{
	for (char *at = str; *at; at++)
		if (*at == old)
			*at = new;

	return str;
}

/* Not left out, though nobody looks at it any more. */
static inline void memzero_explicit(void *ptr, size_t size)
{
	explicit_bzero(ptr, size);
}

/* clang-format off */
/* @count elements of one value each. */
#define __MEMSET(bits)							\
	static inline void *memset##bits(__u##bits *ptr, __u##bits value, \
					 size_t count)			\
	{								\
		for (size_t i = 0; i < count; i++)			\
			ptr[i] = value;					\
		return ptr;						\
	}
/* clang-format on */
__MEMSET(16)
__MEMSET(32)
__MEMSET(64)
#undef __MEMSET

/* What is behind the last "/". */
static inline const char *kbasename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

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

/* What is behind a member of *@obj, or from it on. */
#define memset_after(obj, v, member)                                   \
	memset((char *)(obj) + offsetof(__typeof__(*(obj)), member) +  \
		       sizeof((obj)->member),                          \
	       v,                                                      \
	       sizeof(*(obj)) - offsetof(__typeof__(*(obj)), member) - \
		       sizeof((obj)->member))
#define memset_startat(obj, v, member)                                  \
	memset((char *)(obj) + offsetof(__typeof__(*(obj)), member), v, \
	       sizeof(*(obj)) - offsetof(__typeof__(*(obj)), member))

/* The first @str2 within @len characters of @str, NULL if there is none. */
static inline char *strnstr(const char *str, const char *str2, size_t len)
{
	return (char *)memmem(str, strnlen(str, len), str2, strlen(str2));
}

#endif /* _EVL_CUSED_LINUX_STRING_H */
