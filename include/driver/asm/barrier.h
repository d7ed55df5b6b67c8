/* SPDX-License-Identifier: MIT */
/* Order between memory accesses, as other threads see them.
 * Source: driver-api 5.1, 5.2 */
#ifndef _ASM_BARRIER_H
#define _ASM_BARRIER_H

#include <linux/compiler.h>

/* gcc's thread sanitizer refuses fences that name their order. */
#ifdef __SANITIZE_THREAD__
#define __mb_fence(order) __sync_synchronize()
#else
#define __mb_fence(order) __atomic_thread_fence(order)
#endif

#define mb()			__mb_fence(__ATOMIC_SEQ_CST)
#define rmb()			__mb_fence(__ATOMIC_ACQUIRE)
#define wmb()			__mb_fence(__ATOMIC_RELEASE)
#define dma_rmb()		rmb()
#define dma_wmb()		wmb()
#define smp_mb()		mb()
#define smp_rmb()		rmb()
#define smp_wmb()		wmb()
#define smp_mb__before_atomic() mb()
#define smp_mb__after_atomic()	mb()

#define smp_load_acquire(ptr)	__atomic_load_n(ptr, __ATOMIC_ACQUIRE)
#define smp_store_release(ptr, value) \
	__atomic_store_n(ptr, value, __ATOMIC_RELEASE)

#define smp_store_mb(var, value) \
	__atomic_store_n(&(var), value, __ATOMIC_SEQ_CST)

#endif /* _ASM_BARRIER_H */
