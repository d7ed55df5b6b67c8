/* SPDX-License-Identifier: MIT */
/*
 * Data of which each CPU has its own. Which CPU's is the caller's: linux/smp.h.
 * A pointer to such data is followed by per_cpu_ptr() and this_cpu_ptr() alone,
 * which take pointers to members too.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_PERCPU_H
#define _LINUX_PERCPU_H

#include <linux/compiler.h>
#include <linux/cpumask.h>
#include <linux/percpu-defs.h>
#include <linux/smp.h>
#include <linux/types.h>

/**
 * __alloc_percpu() - allocate data for each CPU
 * @size:	of one CPU's, in bytes, at most PCPU_MIN_UNIT_SIZE
 * @align:	a power of two, at most 4096
 *
 * Stage:  in-band.
 * Blocks: no.
 *
 * Return: what stands for them, zeroed; NULL without memory, or if it is too
 *	   large; free_percpu() it
 */
void __percpu *__alloc_percpu(size_t size, size_t align);
#define __alloc_percpu_gfp(size, align, gfp) __alloc_percpu(size, align)
#define PCPU_MIN_UNIT_SIZE		     32768

#define alloc_percpu(type) \
	((type __percpu *)__alloc_percpu(sizeof(type), __alignof__(type)))
#define alloc_percpu_gfp(type, gfp) alloc_percpu(type)

/**
 * free_percpu() - give such data back
 * @ptr:	from alloc_percpu(); NULL does nothing
 *
 * Stage:  in-band.
 * Blocks: no.
 */
void free_percpu(void __percpu *ptr);

#endif /* _LINUX_PERCPU_H */
