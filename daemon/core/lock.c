/* SPDX-License-Identifier: MIT */
/* Preemption off is as good as a spin lock held: nobody sleeps with it. */
#include <evl/lock.h>

#include "core/complain.h"
#include "kapi/export.h"
#include "stage/pi-mutex.h"

EXPORT void evl_disable_preempt(void)
{
	pi_mutex_depth++;
}

EXPORT void evl_enable_preempt(void)
{
	if (pi_mutex_depth == 0) {
		complain(__builtin_return_address(0),
			 "enables preemption more often than it disabled it: "
			 "ignored");
		return;
	}

	pi_mutex_depth--;
}
