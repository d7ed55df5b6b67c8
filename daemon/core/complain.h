/* SPDX-License-Identifier: MIT */
/* What a driver does that it must not, told in the log; not each time, as
 * drivers repeat themselves. Any stage. */
#pragma once

#include "base/log.h"
#include "vfs/module.h"

#include <linux/printk.h>

/* "driver NAME @what", a literal; @caller is in its code. */
#define complain(caller, what)                                              \
	do {                                                                \
		static struct ratelimit_state told;                         \
		if (__ratelimit(&told))                                     \
			log_err("driver %s " what, module_name_at(caller)); \
	} while (0)
