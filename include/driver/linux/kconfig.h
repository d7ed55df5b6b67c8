/* SPDX-License-Identifier: MIT */
/* What this kernel was configured with, so to speak.
 * Source: driver-api 5.5, 7.10 */
#ifndef _LINUX_KCONFIG_H
#define _LINUX_KCONFIG_H

#include <evl/libc.h>

#define CONFIG_64BIT	    1
#define CONFIG_COMPAT	    1
#define CONFIG_DOVETAIL	    1
#define CONFIG_EVL	    1
#define CONFIG_GPIOLIB	    1
#define CONFIG_GPIOLIB_OOB  1
#define CONFIG_HAS_IOMEM    1
#define CONFIG_HZ	    1000
#define CONFIG_IRQ_PIPELINE 1
#define CONFIG_MMU	    1
#define CONFIG_MODULES	    1
#define CONFIG_OF	    1
#define CONFIG_PREEMPT	    1
#define CONFIG_PRINTK	    1
#define CONFIG_SMP	    1

/* 1 if @option is defined to be 1, 0 if it is not defined. */
#define __KCONFIG_COMMA_1		      0,
#define __kconfig_second(ignored, value, ...) value
/* NOLINTNEXTLINE(bugprone-macro-parentheses): half an argument list */
#define __kconfig_pick(comma_or_junk) __kconfig_second(comma_or_junk 1, 0, 0)
#define __kconfig_paste(value)	      __kconfig_pick(__KCONFIG_COMMA_##value)
#define IS_ENABLED(option)	      __kconfig_paste(option)
#define IS_BUILTIN(option)	      IS_ENABLED(option)
#define IS_REACHABLE(option)	      IS_ENABLED(option)
/* 1 if @option_MODULE is defined, which none is. */
#define IS_MODULE(option) __kconfig_paste(option##_MODULE)

#endif /* _LINUX_KCONFIG_H */
