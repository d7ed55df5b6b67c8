/* SPDX-License-Identifier: MIT */
/*
 * Integers that may be changed from any stage at once. As in the kernel, calls
 * which change and return something order everything; the others order nothing.
 *
 * Source: driver-api 5.2
 */
#ifndef _LINUX_ATOMIC_H
#define _LINUX_ATOMIC_H

#include <asm/barrier.h>
#include <linux/types.h>
#include <stdbool.h>

/* clang-format off */
#define ATOMIC_INIT(i)	 { (i) }
#define ATOMIC64_INIT(i) { (i) }
#define ATOMIC_LONG_INIT(i) { (i) }
/* clang-format on */

/* clang-format off */
#define __ATOMIC_OPS(prefix, type)					\
static inline type prefix##_read(const prefix##_t *v)			\
{									\
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);		\
}									\
static inline type prefix##_read_acquire(const prefix##_t *v)		\
{									\
	return __atomic_load_n(&v->counter, __ATOMIC_ACQUIRE);		\
}									\
static inline void prefix##_set(prefix##_t *v, type i)			\
{									\
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);		\
}									\
static inline void prefix##_set_release(prefix##_t *v, type i)		\
{									\
	__atomic_store_n(&v->counter, i, __ATOMIC_RELEASE);		\
}									\
static inline void prefix##_add(type i, prefix##_t *v)			\
{									\
	__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED);		\
}									\
static inline void prefix##_sub(type i, prefix##_t *v)			\
{									\
	__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);		\
}									\
static inline void prefix##_or(type i, prefix##_t *v)			\
{									\
	__atomic_fetch_or(&v->counter, i, __ATOMIC_RELAXED);		\
}									\
static inline void prefix##_and(type i, prefix##_t *v)			\
{									\
	__atomic_fetch_and(&v->counter, i, __ATOMIC_RELAXED);		\
}									\
static inline type prefix##_add_return(type i, prefix##_t *v)		\
{									\
	return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_sub_return(type i, prefix##_t *v)		\
{									\
	return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_fetch_add(type i, prefix##_t *v)		\
{									\
	return __atomic_fetch_add(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_fetch_or(type i, prefix##_t *v)		\
{									\
	return __atomic_fetch_or(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_fetch_and(type i, prefix##_t *v)		\
{									\
	return __atomic_fetch_and(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_fetch_sub(type i, prefix##_t *v)		\
{									\
	return __atomic_fetch_sub(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_fetch_xor(type i, prefix##_t *v)		\
{									\
	return __atomic_fetch_xor(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_fetch_andnot(type i, prefix##_t *v)		\
{									\
	return __atomic_fetch_and(&v->counter, ~i, __ATOMIC_SEQ_CST);	\
}									\
static inline type prefix##_fetch_inc(prefix##_t *v)			\
{									\
	return prefix##_fetch_add(1, v);				\
}									\
static inline type prefix##_fetch_dec(prefix##_t *v)			\
{									\
	return prefix##_fetch_sub(1, v);				\
}									\
static inline void prefix##_xor(type i, prefix##_t *v)			\
{									\
	__atomic_fetch_xor(&v->counter, i, __ATOMIC_RELAXED);		\
}									\
static inline void prefix##_andnot(type i, prefix##_t *v)		\
{									\
	__atomic_fetch_and(&v->counter, ~i, __ATOMIC_RELAXED);		\
}									\
static inline type prefix##_xchg(prefix##_t *v, type i)			\
{									\
	return __atomic_exchange_n(&v->counter, i, __ATOMIC_SEQ_CST);	\
}									\
/* What was there: @old if @new is there now. */			\
static inline type prefix##_cmpxchg(prefix##_t *v, type old, type new)	\
{									\
	__atomic_compare_exchange_n(&v->counter, &old, new, false,	\
				    __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
	return old;							\
}									\
static inline bool prefix##_try_cmpxchg(prefix##_t *v, type *old, type new) \
{									\
	return __atomic_compare_exchange_n(&v->counter, old, new, false, \
					   __ATOMIC_SEQ_CST,		\
					   __ATOMIC_SEQ_CST);		\
}									\
/* Unless it is @u; true if it was not. */				\
static inline bool prefix##_add_unless(prefix##_t *v, type i, type u)	\
{									\
	type old = prefix##_read(v);					\
	while (old != u)						\
		if (prefix##_try_cmpxchg(v, &old, old + i))		\
			return true;					\
	return false;							\
}									\
static inline void prefix##_inc(prefix##_t *v)				\
{									\
	prefix##_add(1, v);						\
}									\
static inline void prefix##_dec(prefix##_t *v)				\
{									\
	prefix##_sub(1, v);						\
}									\
static inline type prefix##_inc_return(prefix##_t *v)			\
{									\
	return prefix##_add_return(1, v);				\
}									\
static inline type prefix##_dec_return(prefix##_t *v)			\
{									\
	return prefix##_sub_return(1, v);				\
}									\
static inline bool prefix##_inc_and_test(prefix##_t *v)			\
{									\
	return prefix##_inc_return(v) == 0;				\
}									\
static inline bool prefix##_dec_and_test(prefix##_t *v)			\
{									\
	return prefix##_dec_return(v) == 0;				\
}									\
static inline bool prefix##_sub_and_test(type i, prefix##_t *v)		\
{									\
	return prefix##_sub_return(i, v) == 0;				\
}									\
static inline bool prefix##_add_negative(type i, prefix##_t *v)		\
{									\
	return prefix##_add_return(i, v) < 0;				\
}									\
/* What it would be with one less, which it is if that is not negative. */ \
static inline type prefix##_dec_if_positive(prefix##_t *v)		\
{									\
	type old = prefix##_read(v);					\
	while (old > 0)							\
		if (prefix##_try_cmpxchg(v, &old, old - 1))		\
			break;						\
	return old - 1;							\
}									\
static inline bool prefix##_inc_not_zero(prefix##_t *v)			\
{									\
	return prefix##_add_unless(v, 1, 0);				\
}

__ATOMIC_OPS(atomic, int)
__ATOMIC_OPS(atomic64, s64)
__ATOMIC_OPS(atomic_long, long)
/* clang-format on */

#undef __ATOMIC_OPS

#define xchg(ptr, value) __atomic_exchange_n(ptr, value, __ATOMIC_SEQ_CST)
#define cmpxchg(ptr, old, new)                                           \
	__extension__({                                                  \
		__typeof__(*(ptr)) __cmp_old = (old);                    \
		__atomic_compare_exchange_n(ptr, &__cmp_old, new, false, \
					    __ATOMIC_SEQ_CST,            \
					    __ATOMIC_SEQ_CST);           \
		__cmp_old;                                               \
	})

#define try_cmpxchg(ptr, old, new)                                          \
	__atomic_compare_exchange_n(ptr, old, new, false, __ATOMIC_SEQ_CST, \
				    __ATOMIC_SEQ_CST)

/* Weaker orders, which the strongest one is, too. */
#define xchg_relaxed(ptr, value)	    xchg(ptr, value)
#define cmpxchg_relaxed(ptr, old, new)	    cmpxchg(ptr, old, new)
#define cmpxchg64(ptr, old, new)	    cmpxchg(ptr, old, new)
#define atomic_inc_return_relaxed(v)	    atomic_inc_return(v)
#define atomic_dec_return_relaxed(v)	    atomic_dec_return(v)
#define atomic_add_return_relaxed(i, v)	    atomic_add_return(i, v)
#define atomic_cmpxchg_acquire(v, old, new) atomic_cmpxchg(v, old, new)
#define atomic_cmpxchg_release(v, old, new) atomic_cmpxchg(v, old, new)
#define atomic_cmpxchg_relaxed(v, old, new) atomic_cmpxchg(v, old, new)

#endif /* _LINUX_ATOMIC_H */
