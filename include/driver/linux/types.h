/* SPDX-License-Identifier: MIT */
/*
 * The kernel's integer types, on top of the system's own <linux/types.h>
 * (__u8 ... __s64, __be32) and the C library's (pid_t, ssize_t), of those types
 * for which kernel code has its formats: u64, uint64_t and loff_t are "ll", dev_t
 * is "u".
 *
 * Source: driver-api 5.2
 */
#ifndef _EVL_CUSED_LINUX_TYPES_H
#define _EVL_CUSED_LINUX_TYPES_H

#include <linux/kconfig.h>

#include_next <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;

/* A device number. To the daemon, dev_t is the C library's. */
typedef u32 __kernel_dev_t;
#ifdef __KERNEL__
typedef __kernel_dev_t dev_t;
#endif

typedef unsigned short umode_t;
typedef unsigned int gfp_t;
typedef unsigned long pgoff_t;
typedef u64 sector_t;
typedef u64 dma_addr_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	s64 counter;
} atomic64_t;

typedef struct {
	long counter;
} atomic_long_t;

#endif /* _EVL_CUSED_LINUX_TYPES_H */
