/* SPDX-License-Identifier: MIT */
/*
 * Tests of floating point registers across switches of stage, in a driver's own
 * threads. Fibers keep such registers across a sleep no more than across any
 * call of a function, so there is nothing to be tested: evl_begin_fpu() says so.
 * Applications' threads keep theirs.
 *
 * Source: driver-api 5.1, 5.3
 */
#ifndef _ASM_EVL_FPTEST_H
#define _ASM_EVL_FPTEST_H

#include <linux/types.h>
#include <stdbool.h>

/* Which kinds of registers could be tested: none. Any stage, as all of these. */
static inline u32 evl_detect_fpu(void)
{
	return 0;
}

/* May this thread use such registers until evl_end_fpu()? No. */
static inline bool evl_begin_fpu(void)
{
	return false;
}

static inline void evl_end_fpu(void)
{
}

/* Have all of those of the kinds @features be @val. */
static inline void evl_set_fpregs(u32 features, unsigned int val)
{
	(void)features;
	(void)val;
}

/* Are they? @val if so, else what one is, and @bad which. */
#define evl_check_fpregs(features, val, bad) \
	((void)(features), (bad) = 0, (unsigned int)(val))

#endif /* _ASM_EVL_FPTEST_H */
