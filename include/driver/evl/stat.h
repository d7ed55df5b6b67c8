/* SPDX-License-Identifier: MIT */
/* Counters for people to look at. Any stage; none blocks.
 * Source: driver-api 6 */
#ifndef _EVL_STAT_H
#define _EVL_STAT_H

/* Zero-filled is 0. */
struct evl_counter {
	unsigned long c; /* the core's own */
};

/* Relaxed, all: a mere count. */
static inline unsigned long evl_inc_counter(struct evl_counter *counter)
{
	return __atomic_fetch_add(&counter->c, 1, __ATOMIC_RELAXED);
}

static inline unsigned long evl_get_counter(const struct evl_counter *counter)
{
	return __atomic_load_n(&counter->c, __ATOMIC_RELAXED);
}

static inline void evl_set_counter(struct evl_counter *counter,
				   unsigned long value)
{
	__atomic_store_n(&counter->c, value, __ATOMIC_RELAXED);
}

#endif /* _EVL_STAT_H */
