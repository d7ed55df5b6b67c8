/* SPDX-License-Identifier: MIT */
/* What a driver does about the impossible.
 * Source: driver-api 5.2 */
#ifndef _LINUX_BUG_H
#define _LINUX_BUG_H

#include <linux/build_bug.h>
#include <linux/compiler.h>
#include <linux/printk.h>

/* Tell in the log where @condition was true; it is the value. */
/* clang-format off */
#define WARN(condition, fmt, ...)					\
	__extension__({							\
		bool __warn = !!(condition);				\
		if (unlikely(__warn))					\
			printk(KERN_WARNING "%s:%d %s(): " fmt,		\
			       __FILE_NAME__, __LINE__, __func__,	\
			       ##__VA_ARGS__);				\
		__warn;							\
	})

#define WARN_ONCE(condition, fmt, ...)					\
	__extension__({							\
		static unsigned char __told;				\
		bool __once = !!(condition);				\
		if (unlikely(__once) &&					\
		    !__atomic_exchange_n(&__told, 1, __ATOMIC_RELAXED))	\
			(void)WARN(1, fmt, ##__VA_ARGS__);		\
		__once;							\
	})

/* The same, and the daemon dies; by a trap, for which no rule is in the way. */
#define BUG()								\
	do {								\
		printk(KERN_EMERG "BUG at %s:%d %s()\n", __FILE_NAME__,	\
		       __LINE__, __func__);				\
		__builtin_trap();					\
	} while (0)
/* clang-format on */

#define WARN_ON(condition)	WARN(condition, "%s\n", #condition)
#define WARN_ON_ONCE(condition) WARN_ONCE(condition, "%s\n", #condition)
#define BUG_ON(condition)                \
	do {                             \
		if (unlikely(condition)) \
			BUG();           \
	} while (0)

#define WARN_RATELIMIT(condition, fmt, ...)                  \
	__extension__({                                      \
		static struct ratelimit_state __rs;          \
		bool __rated = !!(condition);                \
		if (unlikely(__rated) && __ratelimit(&__rs)) \
			(void)WARN(1, fmt, ##__VA_ARGS__);   \
		__rated;                                     \
	})

#endif /* _LINUX_BUG_H */
