/* SPDX-License-Identifier: MIT */
/*
 * Numbers from strings, the whole of which must be one; a newline at the end
 * is allowed. @base 0 goes by the prefix: 0x, 0 or none.
 *
 * Stage: any. Blocks: no. Return: 0 with *@res set, else
 *   -EINVAL	it is no number
 *   -ERANGE	it does not fit
 *
 * Source: driver-api names none of it; as in Linux 6.6
 */
#ifndef _LINUX_KSTRTOX_H
#define _LINUX_KSTRTOX_H

#include <linux/compiler.h>
#include <linux/types.h>
#include <stdbool.h>

int kstrtoull(const char *s, unsigned int base, unsigned long long *res);
int kstrtoll(const char *s, unsigned int base, long long *res);
int kstrtoul(const char *s, unsigned int base, unsigned long *res);
int kstrtol(const char *s, unsigned int base, long *res);
int kstrtouint(const char *s, unsigned int base, unsigned int *res);
int kstrtoint(const char *s, unsigned int base, int *res);
int kstrtou16(const char *s, unsigned int base, u16 *res);
int kstrtos16(const char *s, unsigned int base, s16 *res);
int kstrtou8(const char *s, unsigned int base, u8 *res);
int kstrtos8(const char *s, unsigned int base, s8 *res);
/* y, t, 1, on; n, f, 0, off; capitals too. */
int kstrtobool(const char *s, bool *res);

/* The same, of @count characters of the caller's, from a handler: -EFAULT if
 * they are not there; -EINVAL where they are too many for a number. */
int kstrtoull_from_user(const char __user *s, size_t count, unsigned int base,
			unsigned long long *res);
int kstrtoll_from_user(const char __user *s, size_t count, unsigned int base,
		       long long *res);
int kstrtoul_from_user(const char __user *s, size_t count, unsigned int base,
		       unsigned long *res);
int kstrtol_from_user(const char __user *s, size_t count, unsigned int base,
		      long *res);
int kstrtouint_from_user(const char __user *s, size_t count, unsigned int base,
			 unsigned int *res);
int kstrtoint_from_user(const char __user *s, size_t count, unsigned int base,
			int *res);
int kstrtou16_from_user(const char __user *s, size_t count, unsigned int base,
			u16 *res);
int kstrtou8_from_user(const char __user *s, size_t count, unsigned int base,
		       u8 *res);
int kstrtobool_from_user(const char __user *s, size_t count, bool *res);

#define kstrtou64(s, base, res) kstrtoull(s, base, (unsigned long long *)(res))
#define kstrtos64(s, base, res) kstrtoll(s, base, (long long *)(res))
#define kstrtou32(s, base, res) kstrtouint(s, base, res)
#define kstrtos32(s, base, res) kstrtoint(s, base, res)

#endif /* _LINUX_KSTRTOX_H */
