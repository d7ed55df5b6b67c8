/* SPDX-License-Identifier: MIT */
/* What 32-bit processes pass to a 64-bit driver.
 * Source: driver-api 2.2, 5.2 */
#ifndef _LINUX_COMPAT_H
#define _LINUX_COMPAT_H

#include <linux/compiler.h>
#include <linux/fs.h>
#include <linux/types.h>

typedef u32 compat_uptr_t;
typedef u32 compat_ulong_t;
typedef s32 compat_long_t;
typedef u32 compat_uint_t;
typedef s32 compat_int_t;
typedef u32 compat_size_t;
typedef s32 compat_ssize_t;
typedef s32 compat_pid_t;
typedef s16 compat_short_t;
typedef u16 compat_ushort_t;
typedef u64 __attribute__((aligned(4))) compat_u64;
typedef s64 __attribute__((aligned(4))) compat_s64;

/* Times as they were before 64-bit time_t. */
typedef s32 old_time32_t;

struct old_timespec32 {
	old_time32_t tv_sec;
	s32 tv_nsec;
};

struct compat_iovec {
	compat_uptr_t iov_base;
	compat_size_t iov_len;
};

static inline void __user *compat_ptr(compat_uptr_t uptr)
{
	return (void __user *)(unsigned long)uptr;
}

static inline compat_uptr_t ptr_to_compat(void __user *uptr)
{
	return (compat_uptr_t)(unsigned long)uptr;
}

/* Is the caller a 32-bit process? Any stage, within a request. */
bool in_compat_syscall(void);

/* Has a 64-bit integer another alignment there than for us? */
#if defined(__x86_64__)
#define compat_need_64bit_alignment_fixup() in_compat_syscall()
#else
#define compat_need_64bit_alignment_fixup() false
#endif

/**
 * compat_ptr_ioctl() - ready-made compat_ioctl handler
 * @filp:	the file
 * @cmd:	the command
 * @arg:	a pointer, from a 32-bit process
 *
 * For drivers whose arguments look the same to both kinds of processes.
 *
 * Stage:  in-band.
 * Blocks: as the driver's unlocked_ioctl, which it calls.
 *
 * Return: what that returns, or
 *   -ENOIOCTLCMD	there is none
 */
long compat_ptr_ioctl(struct file *filp, unsigned int cmd, unsigned long arg);

/**
 * compat_ptr_oob_ioctl() - ready-made compat_oob_ioctl handler
 * @filp:	the file
 * @cmd:	the command
 * @arg:	a pointer, from a 32-bit process
 *
 * Stage:  out-of-band.
 * Blocks: as the driver's oob_ioctl, which it calls.
 *
 * Return: what that returns, or
 *   -ENOIOCTLCMD	there is none
 */
long compat_ptr_oob_ioctl(struct file *filp, unsigned int cmd,
			  unsigned long arg);

#endif /* _LINUX_COMPAT_H */
