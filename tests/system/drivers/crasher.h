/* SPDX-License-Identifier: MIT */
/*
 * /dev/crasher and /dev/crasher-place: how to crash, and where. The latter is armed
 * for one of its operations, or one of the functions its ioctl has called.
 */
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
	CRASHER_TRAP,
	CRASHER_FREED, /* what list_del() leaves in a list's links */
	/* Rather than that: */
	CRASHER_KMALLOC,
	CRASHER_COPY, /* from an address, with a lock held */
	CRASHER_SPIN, /* until CRASHER_STOP */
};

enum crasher_place {
	/* Operations. */
	CRASHER_OPEN = 1,
	CRASHER_RELEASE,
	CRASHER_READ,
	CRASHER_WRITE,
	CRASHER_POLL,
	CRASHER_FLUSH,
	CRASHER_MMAP,
	CRASHER_FAULT,
	CRASHER_CLOSE,
	CRASHER_OOB_READ,
	CRASHER_OOB_WRITE,
	CRASHER_OOB_POLL,
	CRASHER_UNWATCH,
	CRASHER_SHOW,
	CRASHER_STORE,
	/* Functions, by CRASHER_CALL_IT. */
	CRASHER_WORK_ITEM,
	CRASHER_DELAYED_WORK,
	CRASHER_EVL_WORK,
	CRASHER_SYNC_WORK,
	CRASHER_KTHREAD_WORK,
	CRASHER_KTHREAD,
	CRASHER_TIMER_LIST,
	CRASHER_HRTIMER,
	CRASHER_TASKLET,
	CRASHER_RCU,
	CRASHER_IRQ,
	CRASHER_IRQ_OOB,
	CRASHER_IRQ_THREAD,
	CRASHER_PROBE,
	CRASHER_REMOVE,
	CRASHER_DEVRES,
	CRASHER_ACTION,
	CRASHER_DEVICE,
	CRASHER_DEVNODE,
	CRASHER_VISIBLE,
	CRASHER_DISPOSE,
	CRASHER_CLOCK,
	CRASHER_LINE_REQUEST,
	CRASHER_LINE_FREE,
};

/* In an ioctl, either stage's: right here; in a timer's function; in an
 * irq_work's. The argument says how. */
#define CRASHER_HERE   0x4301
#define CRASHER_TIMER  0x4302
#define CRASHER_THREAD 0x4304 /* in a kernel thread */
#define CRASHER_WORK   0x4303

/* Of /dev/crasher-place, either stage's. How, by enum crasher_how; where. */
#define CRASHER_SET_HOW	  0x4305
#define CRASHER_SET_PLACE 0x4306
#define CRASHER_CALL_IT	  0x4307 /* and that function */
#define CRASHER_STOP	  0x4308
