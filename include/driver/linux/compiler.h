/* SPDX-License-Identifier: MIT */
/* Annotations and compiler helpers kernel sources expect everywhere.
 * Source: driver-api 5.2 */
#ifndef _EVL_CUSED_LINUX_COMPILER_H
#define _EVL_CUSED_LINUX_COMPILER_H

/* Address spaces: only copy_from_user() and kin may follow __user pointers. */
#ifndef __user
#define __user
#endif
#define __iomem
#define __percpu
#define __rcu
#define __force

#ifndef __must_check
#define __must_check __attribute__((warn_unused_result))
#endif
#ifndef __maybe_unused
#define __maybe_unused __attribute__((unused))
#endif
#ifndef __always_unused
#define __always_unused __attribute__((unused))
#endif
#ifndef __packed
#define __packed __attribute__((packed))
#endif
#ifndef __aligned
#define __aligned(n) __attribute__((aligned(n)))
#endif
#ifndef __printf
#define __printf(fmt, args) __attribute__((format(printf, fmt, args)))
#endif
#ifndef fallthrough
#define fallthrough __attribute__((fallthrough))
#endif
#ifndef likely
#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#endif

/* Code and data of drivers are never unloaded from memory piecemeal. */
#define __init
#define __exit
#define __initdata
#define __read_mostly

#define barrier() __asm__ __volatile__("" ::: "memory")

#ifdef __SANITIZE_THREAD__
/* To ThreadSanitizer volatile says nothing of other threads. */
#define READ_ONCE(x)	   __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val) __atomic_store_n(&(x), val, __ATOMIC_RELAXED)
#else
#define READ_ONCE(x)	   (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
#endif

#endif /* _EVL_CUSED_LINUX_COMPILER_H */
