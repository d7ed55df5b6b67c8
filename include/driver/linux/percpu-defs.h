/* SPDX-License-Identifier: MIT */
/* Variables of which each CPU has its own, and how to get at them: see
 * linux/percpu.h.
 * Source: driver-api 5.2; as in Linux 6.6 */
#ifndef _LINUX_PERCPU_DEFS_H
#define _LINUX_PERCPU_DEFS_H

#include <linux/compiler.h>
#include <linux/smp.h>

/*
 * They lie together in a section, which is what the first CPU has; the others'
 * copies are made when the driver is loaded.
 */
#define __percpu_section __attribute__((section("evl_percpu")))

/* For what follows. In-band, at start. */
void __percpu_register(const void *start, const void *end);

#ifdef MODULE

extern char __start_evl_percpu[] __attribute__((weak, visibility("hidden")));
extern char __stop_evl_percpu[] __attribute__((weak, visibility("hidden")));

/* Once in each driver, whichever of its files come first. */
__attribute__((weak, visibility("hidden"))) void __percpu_announce(void);
__attribute__((weak, visibility("hidden"))) void __percpu_announce(void)
{
	__percpu_register(__start_evl_percpu, __stop_evl_percpu);
}

__attribute__((constructor)) static void __percpu_constructor(void)
{
	__percpu_announce();
}

#endif /* MODULE */

#define DEFINE_PER_CPU(type, name)  __percpu_section __typeof__(type) name
#define DECLARE_PER_CPU(type, name) extern __typeof__(type) name
#define DEFINE_PER_CPU_ALIGNED(type, name) \
	DEFINE_PER_CPU(type, name) __aligned(64)
#define DECLARE_PER_CPU_ALIGNED(type, name) DECLARE_PER_CPU(type, name)
#define DEFINE_PER_CPU_SHARED_ALIGNED(type, name) \
	DEFINE_PER_CPU_ALIGNED(type, name)
#define DECLARE_PER_CPU_SHARED_ALIGNED(type, name) DECLARE_PER_CPU(type, name)
#define DEFINE_PER_CPU_READ_MOSTLY(type, name)	   DEFINE_PER_CPU(type, name)
#define EXPORT_PER_CPU_SYMBOL(name)		   extern __typeof__(name) name
#define EXPORT_PER_CPU_SYMBOL_GPL(name)		   extern __typeof__(name) name

/*
 * Where CPU @cpu has what @ptr stands for; @ptr itself if it is no such data.
 * Any stage, does not block.
 */
void *__per_cpu_ptr(const volatile void __percpu *ptr, unsigned int cpu);

/* clang-format off */
#define per_cpu_ptr(ptr, cpu) \
	((__typeof__(*(ptr)) *)__per_cpu_ptr(ptr, (unsigned int)(cpu)))
#define per_cpu(var, cpu)	  (*per_cpu_ptr(&(var), cpu))
#define this_cpu_ptr(ptr)	  per_cpu_ptr(ptr, smp_processor_id())
#define raw_cpu_ptr(ptr)	  this_cpu_ptr(ptr)
#define get_cpu_var(var)	  (*this_cpu_ptr(&(var)))
#define put_cpu_var(var)	  preempt_enable()
#define get_cpu_ptr(ptr)	  this_cpu_ptr(ptr)
#define put_cpu_ptr(ptr)	  preempt_enable()

/* On one CPU stages share them, and one may come in between the other. */
#define this_cpu_read(var) \
	__atomic_load_n(this_cpu_ptr(&(var)), __ATOMIC_RELAXED)
#define this_cpu_write(var, val) \
	__atomic_store_n(this_cpu_ptr(&(var)), val, __ATOMIC_RELAXED)
#define this_cpu_add(var, val) \
	((void)__atomic_fetch_add(this_cpu_ptr(&(var)), val, __ATOMIC_RELAXED))
#define this_cpu_add_return(var, val) \
	__atomic_add_fetch(this_cpu_ptr(&(var)), val, __ATOMIC_SEQ_CST)
/* clang-format on */
#define this_cpu_sub(var, val)	 this_cpu_add(var, -(val))
#define this_cpu_inc(var)	 this_cpu_add(var, 1)
#define this_cpu_dec(var)	 this_cpu_sub(var, 1)
#define this_cpu_inc_return(var) this_cpu_add_return(var, 1)
#define __this_cpu_read(var)	 this_cpu_read(var)
#define __this_cpu_write(var, v) this_cpu_write(var, v)
#define __this_cpu_add(var, v)	 this_cpu_add(var, v)
#define __this_cpu_inc(var)	 this_cpu_inc(var)
#define __this_cpu_dec(var)	 this_cpu_dec(var)
#define raw_cpu_read(var)	 this_cpu_read(var)
#define raw_cpu_write(var, v)	 this_cpu_write(var, v)

#endif /* _LINUX_PERCPU_DEFS_H */
