/* SPDX-License-Identifier: MIT */
/*
 * Pointers into the caller's memory that travel as 64-bit integers in ioctl
 * arguments, whatever the caller's word size is.
 *
 * Source: driver-api 2.16
 */
#ifndef _EVL_UACCESS_H
#define _EVL_UACCESS_H

#include <evl/prelude.h>
#include <evl/timeout.h>
#include <linux/types.h>
#include <linux/uaccess.h>
#include <uapi/evl/types.h>

/* A pointer as a 64-bit integer, and back as a pointer to @type. */
#define evl_ptrval64(ptr)	((__u64)(uintptr_t)(ptr))
#define evl_valptr64(val, type) ((type __user *)(uintptr_t)(val))

/* copy_from_user() and copy_to_user() for such a pointer. */
static inline unsigned long raw_copy_from_user_ptr64(void *to, u64 from,
						     unsigned long n)
{
	return copy_from_user(to, evl_valptr64(from, const void), n);
}

static inline unsigned long raw_copy_to_user_ptr64(u64 to, const void *from,
						   unsigned long n)
{
	return copy_to_user(evl_valptr64(to, void), from, n);
}

/**
 * evl_fetch_utimespec() - get a time limit from the caller's memory
 * @u_ts:	where it is
 * @timeout:	receives it, in nanoseconds
 * @tmode:	receives EVL_ABS, or EVL_REL for a zero date, which stands for
 *		no limit
 *
 * Stage:  any, within a request.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EFAULT	@u_ts cannot be read
 *   -EINVAL	it is no date: negative, or a second or more of nanoseconds
 */
static inline int evl_fetch_utimespec(const struct __evl_timespec __user *u_ts,
				      ktime_t *timeout, enum evl_tmode *tmode)
{
	struct __evl_timespec ts;

	if (copy_from_user(&ts, u_ts, sizeof(ts)))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= NSEC_PER_SEC)
		return -EINVAL;

	*timeout = ktime_set(ts.tv_sec, (unsigned long)ts.tv_nsec);
	*tmode = *timeout ? EVL_ABS : EVL_REL;

	return 0;
}

#endif /* _EVL_UACCESS_H */
