/* SPDX-License-Identifier: MIT */
/*
 * Memory which drivers free in a release handler. Some free what an out-of-band
 * handler still waits for, before they wait for that handler; in the kernel
 * they get away with it, because a dying process has left by then. So what is
 * freed there stays a little longer. The same goes for an exit function which
 * forgets a kernel thread.
 *
 * Stage: in-band, from a fiber which works for a task.
 */
#pragma once

#include <stdbool.h>

struct grave {
	struct grave *outer; /* of a release within a release */
	void **ptrs;	     /* owned, as what they point to */
	unsigned int nr;
};

/* From here on what the calling fiber frees goes to @grave. */
void grave_open(struct grave *grave);
/* No longer; what is in it is freed now. */
void grave_close(struct grave *grave);

/* For kfree() and its like. True: it is kept. */
bool grave_take(void *ptr);
