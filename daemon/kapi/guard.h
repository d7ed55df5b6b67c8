/* SPDX-License-Identifier: MIT */
/*
 * The guard takes SIGSEGV and SIGBUS. A driver's handler which dereferenced a
 * __user pointer instead of copying is given up: its call fails with -EFAULT,
 * the log names the driver and the locks it had, which are unlocked, and the
 * daemon goes on. Anything else is a crash, reported by kapi/crash.h; then what
 * would have happened without us happens.
 *
 * Before a fault it costs what kapi/held.h notes. Who runs handlers on a fiber
 * puts a struct guard there, and keeps at hand what must be undone. Who calls
 * anything else of a driver's, on a fiber or not, does so in a struct stage_call.
 *
 * Stage: any.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A call of a driver's handler, as it was made. */
struct guard_call {
	const char *driver; /* borrowed; NULL: unknown, or nobody's */
	const char *op;	    /* "oob_read" ...; NULL: no handler runs */
	char name[32];	    /* which one: a thread, a device; "": just that */
	unsigned int cmd;   /* of an ioctl */
	unsigned long addr; /* the __user pointer it was given */
	size_t size;	    /* of what is there; 0: unknown */
	bool may_give_up;   /* it runs now, and give_up() can end it */
	/* By guard_describe(): */
	bool is_request; /* @op is what @cmd is about, not a call in there */
	bool may_sleep;	 /* it is on a fiber */
};

struct stage;

struct guard {
	/* What @arg, the fiber's, is about. From a signal handler. */
	void (*describe)(const void *arg, struct guard_call *r_call);
	/* The fiber's new entry, on its empty stack: end the call, -EFAULT. NULL
	 * where no call may be given up. */
	void (*give_up)(void *arg);
};

/* For people, into @text: "oob_ioctl (command 0x4c02)", "kernel thread pump". From a
 * signal handler. */
#define GUARD_OP_SIZE 64
const char *guard_format_op(const struct guard_call *call,
			    char text[GUARD_OP_SIZE]);

/* For people: the driver whose handler the calling fiber runs. Never NULL. */
const char *guard_driver(void);

/* From now on, whole process. In-band, before drivers are loaded. */
void guard_start(void);

/* Where a signal handler broke in; 0: unknown on this architecture. */
uintptr_t guard_pc(const void *uc);

/* Whose handler or function runs on @stage: the innermost of a driver's, of those
 * which have a guard or a struct stage_call. On its thread, from a signal handler
 * too, or while that is held by something it did. */
void guard_describe(const struct stage *stage, struct guard_call *r_call);

/* How deep this thread is in code of the core's which must not be left half-way
 * though it touches memory a driver named. */
extern __thread unsigned int guard_held;

static inline void guard_hold(void)
{
	guard_held++;
}

static inline void guard_drop(void)
{
	guard_held--;
}
