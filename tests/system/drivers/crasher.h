/* SPDX-License-Identifier: MIT */
/* /dev/crasher: how to crash, and where. */
#pragma once

enum crasher_how {
	CRASHER_SEGV = 1,
	CRASHER_BUS,
	CRASHER_FPE,
	CRASHER_ILL,
	CRASHER_ABRT,
	CRASHER_STACK, /* run off it */
	CRASHER_CALL,  /* a function which there is not */
	CRASHER_LIBC,  /* in a function of the C library */
	CRASHER_BUG,
};

/* In an ioctl, either stage's: right here; in a timer's function; in an
 * irq_work's. The argument says how. */
#define CRASHER_HERE   0x4301
#define CRASHER_TIMER  0x4302
#define CRASHER_THREAD 0x4304 /* in a kernel thread */
#define CRASHER_WORK   0x4303
