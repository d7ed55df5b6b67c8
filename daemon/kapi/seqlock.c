/* SPDX-License-Identifier: MIT */
#include <linux/seqlock.h>

#include "kapi/export.h"

#include <time.h>

#define WAIT_NS 50000

/* A writer which we keep from its CPU would never end if we spun: really sleep,
 * as nobody knows whom to lend a priority. */
EXPORT void __seqcount_wait(void)
{
	const struct timespec ts = { .tv_nsec = WAIT_NS };

	nanosleep(&ts, NULL);
}
