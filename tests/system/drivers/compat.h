/* SPDX-License-Identifier: MIT */
/*
 * What the devices of compat.c do, by ioctl(2) and by oob_ioctl(): "compat",
 * with handlers of its own for 32-bit callers; "no-compat", without any;
 * "ptr-compat", with the ready-made ones and nothing behind them.
 */
#pragma once

#include <linux/ioctl.h>
#include <uapi/evl/types.h>

#define COMPAT_NR 'K'

/* As a 32-bit process lays it out, and as a 64-bit one. */
struct compat_text32 {
	__u32 text; /* a pointer */
	__u32 len;
};

struct compat_text64 {
	__aligned_u64 text;
	__u32 len;
	__u32 pad;
};

#define COMPAT_WHO     _IO(COMPAT_NR, 1) /* 32 or 64: whose handler it is */
#define COMPAT_UPPER   _IOW(COMPAT_NR, 2, struct compat_text32) /* in place */
#define COMPAT_UPPER64 _IOW(COMPAT_NR, 2, struct compat_text64)
#define COMPAT_SECONDS _IOW(COMPAT_NR, 3, struct __evl_timespec)
#define COMPAT_CALLS   _IO(COMPAT_NR, 4) /* what in_compat_syscall() says */
