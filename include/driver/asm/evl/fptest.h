/* SPDX-License-Identifier: MIT */
/*
 * Does who runs in between leave a thread's floating point unit alone? What a
 * thread keeps across a wait here is how it rounds: values in registers are the
 * compiler's business, as in any function which calls another. So a value
 * is told by its two lowest bits.
 *
 * Source: driver-api 5.3
 */
#ifndef _ASM_EVL_FPTEST_H
#define _ASM_EVL_FPTEST_H

#include <linux/types.h>
#include <stdbool.h>

#if defined(__x86_64__)

#define __evl_fp_shift 13

static inline u64 __evl_read_fpcr(void)
{
	u32 mxcsr;

	__asm__ __volatile__("stmxcsr %0" : "=m"(mxcsr));

	return mxcsr;
}

static inline void __evl_write_fpcr(u64 value)
{
	u32 mxcsr = (u32)value;

	__asm__ __volatile__("ldmxcsr %0" : : "m"(mxcsr));
}

#elif defined(__aarch64__)

#define __evl_fp_shift 22

static inline u64 __evl_read_fpcr(void)
{
	u64 value;

	__asm__ __volatile__("mrs %0, fpcr" : "=r"(value));

	return value;
}

static inline void __evl_write_fpcr(u64 value)
{
	__asm__ __volatile__("msr fpcr, %0" : : "r"(value));
}

#else

#define __evl_fp_shift 0

static inline u64 __evl_read_fpcr(void)
{
	return 0;
}

static inline void __evl_write_fpcr(u64 value)
{
	(void)value;
}

#endif

#define __evl_fp_mask ((u64)3 << __evl_fp_shift)

/* What there is to be tested; 0: nothing, on this machine. */
static inline u32 evl_detect_fpu(void)
{
	return __evl_fp_shift ? 1 : 0;
}

/* May the caller use it from now on? Until evl_end_fpu(). */
static inline bool evl_begin_fpu(void)
{
	return evl_detect_fpu() != 0;
}

/* Put @val there. */
static inline void evl_set_fpregs(u32 features, unsigned int val)
{
	if (features)
		__evl_write_fpcr((__evl_read_fpcr() & ~__evl_fp_mask) |
				 (u64)(val & 3) << __evl_fp_shift);
}

/* As it was at first: to the nearest. */
static inline void evl_end_fpu(void)
{
	evl_set_fpregs(evl_detect_fpu(), 0);
}

static inline unsigned int __evl_check_fpregs(u32 features, unsigned int val)
{
	unsigned int found =
		(unsigned int)((__evl_read_fpcr() & __evl_fp_mask) >>
			       __evl_fp_shift);

	return features == 0 || found == (val & 3) ? val : found;
}

/* @val, if it is still there; if not what is, and @bad, a variable, says in
 * which register: there is one. */
#define evl_check_fpregs(features, val, bad)                                \
	({                                                                  \
		unsigned int __val = (val);                                 \
		unsigned int __found = __evl_check_fpregs(features, __val); \
		if (__found != __val)                                       \
			(bad) = 0;                                          \
		__found;                                                    \
	})

#endif /* _ASM_EVL_FPTEST_H */
