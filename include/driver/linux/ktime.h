/* SPDX-License-Identifier: MIT */
/* Dates and delays: nanoseconds in a signed 64-bit integer.
 * Source: driver-api 5.2 */
#ifndef _LINUX_KTIME_H
#define _LINUX_KTIME_H

#include <linux/time64.h>
#include <linux/types.h>
#include <stdbool.h>

typedef s64 ktime_t;

#define KTIME_MAX	     ((s64) ~((u64)1 << 63))
#define KTIME_MIN	     (-KTIME_MAX - 1)
#define KTIME_SEC_MAX	     (KTIME_MAX / NSEC_PER_SEC)

#define ktime_add(a, b)	     ((a) + (b))
#define ktime_sub(a, b)	     ((a) - (b))
#define ktime_add_ns(kt, ns) ((kt) + (s64)(ns))
#define ktime_sub_ns(kt, ns) ((kt) - (s64)(ns))
#define ktime_add_us(kt, us) ((kt) + (s64)(us)*NSEC_PER_USEC)
#define ktime_add_ms(kt, ms) ((kt) + (s64)(ms)*NSEC_PER_MSEC)
#define ktime_to_ns(kt)	     ((s64)(kt))

static inline ktime_t ktime_set(s64 secs, unsigned long nsecs)
{
	if (secs >= KTIME_SEC_MAX)
		return KTIME_MAX;

	return secs * NSEC_PER_SEC + (s64)nsecs;
}

static inline ktime_t ns_to_ktime(u64 ns)
{
	return (ktime_t)ns;
}

static inline ktime_t us_to_ktime(u64 us)
{
	return (ktime_t)us * NSEC_PER_USEC;
}

static inline ktime_t ms_to_ktime(u64 ms)
{
	return (ktime_t)ms * NSEC_PER_MSEC;
}

static inline s64 ktime_to_us(ktime_t kt)
{
	return kt / NSEC_PER_USEC;
}

static inline s64 ktime_to_ms(ktime_t kt)
{
	return kt / NSEC_PER_MSEC;
}

static inline s64 ktime_divns(ktime_t kt, s64 div)
{
	return kt / div;
}

/* KTIME_MAX where it does not fit. */
static inline ktime_t ktime_add_safe(ktime_t a, ktime_t b)
{
	ktime_t sum;

	return __builtin_add_overflow(a, b, &sum) || sum < 0 ? KTIME_MAX : sum;
}
#define ktime_sub_us(kt, us) ((kt) - (s64)(us)*NSEC_PER_USEC)
#define ktime_sub_ms(kt, ms) ((kt) - (s64)(ms)*NSEC_PER_MSEC)

static inline s64 ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_us(later - earlier);
}

static inline s64 ktime_ms_delta(ktime_t later, ktime_t earlier)
{
	return ktime_to_ms(later - earlier);
}

/* Negative, 0 or positive, as @a comes before, with or after @b. */
static inline int ktime_compare(ktime_t a, ktime_t b)
{
	return a < b ? -1 : a > b;
}

static inline bool ktime_before(ktime_t a, ktime_t b)
{
	return a < b;
}

static inline bool ktime_after(ktime_t a, ktime_t b)
{
	return a > b;
}

static inline ktime_t timespec64_to_ktime(struct timespec64 ts)
{
	return ktime_set(ts.tv_sec, (unsigned long)ts.tv_nsec);
}

static inline struct timespec64 ktime_to_timespec64(ktime_t kt);

static inline struct timespec64 timespec64_add(struct timespec64 a,
					       struct timespec64 b)
{
	return ktime_to_timespec64(timespec64_to_ktime(a) +
				   timespec64_to_ktime(b));
}

static inline struct timespec64 timespec64_sub(struct timespec64 a,
					       struct timespec64 b)
{
	return ktime_to_timespec64(timespec64_to_ktime(a) -
				   timespec64_to_ktime(b));
}

/* Negative, 0 or positive, as @a comes before, with or after @b. */
static inline int timespec64_compare(const struct timespec64 *a,
				     const struct timespec64 *b)
{
	return ktime_compare(timespec64_to_ktime(*a), timespec64_to_ktime(*b));
}

static inline s64 timespec64_to_ns(const struct timespec64 *ts)
{
	return ts->tv_sec * NSEC_PER_SEC + ts->tv_nsec;
}

static inline struct timespec64 ktime_to_timespec64(ktime_t kt)
{
	struct timespec64 ts = {
		.tv_sec = kt / NSEC_PER_SEC,
		.tv_nsec = (long)(kt % NSEC_PER_SEC),
	};

	if (ts.tv_nsec < 0) {
		ts.tv_sec--;
		ts.tv_nsec += NSEC_PER_SEC;
	}

	return ts;
}

static inline ktime_t __ktime_read(clockid_t id)
{
	struct timespec now;

	clock_gettime(id, &now);

	return (ktime_t)now.tv_sec * NSEC_PER_SEC + now.tv_nsec;
}

static inline struct timespec64 ns_to_timespec64(s64 ns)
{
	return ktime_to_timespec64(ns);
}

/* The date on CLOCK_MONOTONIC. Any stage; does not block. */
static inline ktime_t ktime_get(void)
{
	return __ktime_read(CLOCK_MONOTONIC);
}

/* The date on CLOCK_REALTIME. Any stage; does not block. */
static inline ktime_t ktime_get_real(void)
{
	return __ktime_read(CLOCK_REALTIME);
}

/* The date on CLOCK_MONOTONIC_RAW. Any stage; does not block. */
static inline ktime_t ktime_get_raw(void)
{
	return __ktime_read(CLOCK_MONOTONIC_RAW);
}

static inline u64 ktime_get_raw_ns(void)
{
	return (u64)ktime_get_raw();
}

/* The date on CLOCK_BOOTTIME. Any stage; does not block. */
static inline ktime_t ktime_get_boottime(void)
{
	return __ktime_read(CLOCK_BOOTTIME);
}

static inline u64 ktime_get_ns(void)
{
	return (u64)ktime_get();
}

static inline u64 ktime_get_real_ns(void)
{
	return (u64)ktime_get_real();
}

static inline u64 ktime_get_boottime_ns(void)
{
	return (u64)ktime_get_boottime();
}

/* In whole seconds. */
static inline time64_t ktime_get_seconds(void)
{
	return ktime_get() / NSEC_PER_SEC;
}

static inline time64_t ktime_get_real_seconds(void)
{
	return ktime_get_real() / NSEC_PER_SEC;
}

/* Which all of them are. */
#define ktime_get_coarse()	 ktime_get()
#define ktime_get_coarse_ns()	 ktime_get_ns()
#define ktime_get_mono_fast_ns() ktime_get_ns()
#define ktime_get_real_fast_ns() ktime_get_real_ns()
#define ktime_get_raw_fast_ns()	 ktime_get_raw_ns()
#define local_clock()		 ktime_get_ns()
#define sched_clock()		 ktime_get_ns()

static inline void ktime_get_raw_ts64(struct timespec64 *ts)
{
	*ts = ktime_to_timespec64(ktime_get_raw());
}

static inline void ktime_get_ts64(struct timespec64 *ts)
{
	*ts = ktime_to_timespec64(ktime_get());
}

static inline void ktime_get_real_ts64(struct timespec64 *ts)
{
	*ts = ktime_to_timespec64(ktime_get_real());
}

#endif /* _LINUX_KTIME_H */
