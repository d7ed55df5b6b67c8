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
#define __kernel
#define __nocast
#define __safe
#define __private
#define __must_hold(x)
#define __acquires(x)
#define __releases(x)
#define __acquire(x) ((void)0)
#define __release(x) ((void)0)

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

/* gcc's attributes, by the kernel's names. */
#define noinline	   __attribute__((noinline))
#define noinline_for_stack noinline
#define __used		   __attribute__((used))
#define __weak		   __attribute__((weak))
#define __cold		   __attribute__((cold))
#define __hot		   __attribute__((hot))
#define __pure		   __attribute__((pure))
#define __noreturn	   __attribute__((noreturn))
#define __malloc	   __attribute__((malloc))
#define __deprecated	   __attribute__((deprecated))
#define __section(name)	   __attribute__((section(name)))
#define __alias(name)	   __attribute__((alias(#name)))
#define __cleanup(func)	   __attribute__((cleanup(func)))
#define __scanf(fmt, args) __attribute__((format(scanf, fmt, args)))
#define notrace		   __attribute__((no_instrument_function))
#ifndef __always_inline /* the C library has it, too */
#define __always_inline inline __attribute__((always_inline))
#endif
#ifndef __attribute_const__
#define __attribute_const__ __attribute__((const))
#endif
#ifndef unreachable
#define unreachable() __builtin_unreachable()
#endif

/* What a kernel's compiler does for it, and none has to do here. */
#define asmlinkage
#define __visible
#define __randomize_layout
#define __no_randomize_layout
#define __designated_init
#define __nonstring
#ifndef __counted_by
#define __counted_by(member)
#endif

/* Code and data of drivers are never unloaded from memory piecemeal. */
#define __init
#define __exit
#define __initdata
#define __initconst
#define __exitdata
#define __refdata
#define __ro_after_init
#define __read_mostly

/* Are these of one type? */
#define __same_type(a, b) \
	__builtin_types_compatible_p(__typeof__(a), __typeof__(b))
/* Have the compiler forget what it knows of @var. */
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))
/* A race that is meant to be. */
#define data_race(expr) (expr)

#define barrier()	__asm__ __volatile__("" ::: "memory")

#ifdef __SANITIZE_THREAD__
/* To ThreadSanitizer volatile says nothing of other threads. */
#define READ_ONCE(x)	   __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, val) __atomic_store_n(&(x), val, __ATOMIC_RELAXED)
#else
#define READ_ONCE(x)	   (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, val) (*(volatile __typeof__(x) *)&(x) = (val))
#endif

#endif /* _EVL_CUSED_LINUX_COMPILER_H */
