/* SPDX-License-Identifier: MIT */
/*
 * Basic types of the ABI between applications, libevlclient and the core.
 * Sizes are fixed: a 32-bit application talks to a 64-bit daemon.
 *
 * Source: user-api 1.3, 26.2
 */
#ifndef _EVL_UAPI_TYPES_H
#define _EVL_UAPI_TYPES_H

#include <linux/types.h>

/* An element's handle, unique in the system while the element lives. */
typedef __u32 fundle_t;

#define EVL_NO_HANDLE ((fundle_t)0x00000000)

/* Dates and delays as the core sees them, whatever the C library's time_t. */
struct __evl_timespec {
	long long tv_sec __attribute__((aligned(8)));
	long long tv_nsec __attribute__((aligned(8)));
};

struct __evl_itimerspec {
	struct __evl_timespec it_interval;
	struct __evl_timespec it_value;
};

/* What an application may attach to something and get back with it: a number
 * or a pointer of its own, nothing to the core. */
union evl_value {
	__s32 val;
	__s64 lval __attribute__((aligned(8)));
	void *ptr;
};

static inline union evl_value evl_intval(__s64 lval)
{
	union evl_value value;

	value.lval = lval;

	return value;
}

static inline union evl_value evl_ptrval(void *ptr)
{
	union evl_value value = evl_intval(0);

	value.ptr = ptr;

	return value;
}

#define evl_nil evl_intval(0)

#endif /* _EVL_UAPI_TYPES_H */
