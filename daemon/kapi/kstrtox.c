/* SPDX-License-Identifier: MIT */
#include <linux/kstrtox.h>

#include "kapi/export.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <linux/uaccess.h>
#include <stdlib.h>
#include <string.h>

/* Where the number after an optional sign begins, NULL if none does. */
static const char *digits_of(const char *s, bool with_minus)
{
	if (*s == '+' || (with_minus && *s == '-'))
		s++;

	return isxdigit((unsigned char)*s) ? s : NULL;
}

/* After strtoll() and the like, which set errno: 0, -EINVAL or -ERANGE. */
static int check_end(const char *s, const char *end)
{
	if (end == s)
		return -EINVAL;
	if (*end == '\n')
		end++;
	if (*end)
		return -EINVAL;

	return errno == ERANGE ? -ERANGE : 0;
}

EXPORT int kstrtoull(const char *s, unsigned int base, unsigned long long *res)
{
	unsigned long long value;
	char *end;
	int ret;

	if (digits_of(s, false) == NULL)
		return -EINVAL;

	errno = 0;
	value = strtoull(s, &end, (int)base);
	ret = check_end(s, end);
	if (ret == 0)
		*res = value;

	return ret;
}

EXPORT int kstrtoll(const char *s, unsigned int base, long long *res)
{
	long long value;
	char *end;
	int ret;

	if (digits_of(s, true) == NULL)
		return -EINVAL;

	errno = 0;
	value = strtoll(s, &end, (int)base);
	ret = check_end(s, end);
	if (ret == 0)
		*res = value;

	return ret;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): types */
#define DEFINE_UNSIGNED(name, type, max)                             \
	EXPORT int name(const char *s, unsigned int base, type *res) \
	{                                                            \
		unsigned long long value;                            \
		int ret = kstrtoull(s, base, &value);                \
                                                                     \
		if (ret)                                             \
			return ret;                                  \
		if (value > (max))                                   \
			return -ERANGE;                              \
		*res = (type)value;                                  \
                                                                     \
		return 0;                                            \
	}

#define DEFINE_SIGNED(name, type, min, max)                          \
	EXPORT int name(const char *s, unsigned int base, type *res) \
	{                                                            \
		long long value;                                     \
		int ret = kstrtoll(s, base, &value);                 \
                                                                     \
		if (ret)                                             \
			return ret;                                  \
		if (value < (min) || value > (max))                  \
			return -ERANGE;                              \
		*res = (type)value;                                  \
                                                                     \
		return 0;                                            \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE_UNSIGNED(kstrtoul, unsigned long, ULONG_MAX)
DEFINE_UNSIGNED(kstrtouint, unsigned int, UINT_MAX)
DEFINE_UNSIGNED(kstrtou16, u16, USHRT_MAX)
DEFINE_UNSIGNED(kstrtou8, u8, UCHAR_MAX)
DEFINE_SIGNED(kstrtol, long, LONG_MIN, LONG_MAX)
DEFINE_SIGNED(kstrtoint, int, INT_MIN, INT_MAX)
DEFINE_SIGNED(kstrtos16, s16, SHRT_MIN, SHRT_MAX)
DEFINE_SIGNED(kstrtos8, s8, SCHAR_MIN, SCHAR_MAX)

EXPORT int kstrtobool(const char *s, bool *res)
{
	int first = tolower((unsigned char)s[0]);
	/* "on" and "off" differ in the second character. */
	int telling = first == 'o' ? tolower((unsigned char)s[1]) : first;

	switch (telling) {
	case 'y':
	case 't':
	case '1':
		*res = true;
		return 0;
	case 'n':
		*res = first == 'o';
		return 0;
	case '0':
	case 'f':
		*res = false;
		return 0;
	default:
		return -EINVAL;
	}
}

/* A copy in @text, which has room for 64 bits in base 2, a sign, a newline. */
#define USER_SIZE (64 + 4)

static int fetch(char text[USER_SIZE], const char __user *s, size_t count)
{
	if (count >= USER_SIZE)
		return -EINVAL;
	if (copy_from_user(text, s, count))
		return -EFAULT;
	text[count] = '\0';

	return 0;
}

/* NOLINTBEGIN(bugprone-macro-parentheses): names */
#define DEFINE_FROM_USER(func, type)                                    \
	EXPORT int func##_from_user(const char __user *s, size_t count, \
				    unsigned int base, type *res)       \
	{                                                               \
		char text[USER_SIZE];                                   \
		int ret = fetch(text, s, count);                        \
                                                                        \
		return ret ? ret : func(text, base, res);               \
	}
/* NOLINTEND(bugprone-macro-parentheses) */

DEFINE_FROM_USER(kstrtoull, unsigned long long)
DEFINE_FROM_USER(kstrtoll, long long)
DEFINE_FROM_USER(kstrtoul, unsigned long)
DEFINE_FROM_USER(kstrtol, long)
DEFINE_FROM_USER(kstrtouint, unsigned int)
DEFINE_FROM_USER(kstrtoint, int)
DEFINE_FROM_USER(kstrtou16, u16)
DEFINE_FROM_USER(kstrtou8, u8)

EXPORT int kstrtobool_from_user(const char __user *s, size_t count, bool *res)
{
	char text[USER_SIZE];
	int ret = fetch(text, s, count);

	return ret ? ret : kstrtobool(text, res);
}
