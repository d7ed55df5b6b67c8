/* SPDX-License-Identifier: MIT */
/*
 * What applications ask of /dev/latmus, which measures how late timers, kernel
 * threads and applications are, and tunes the clock's gravity.
 *
 * Source: user-api 26.1, 29.2
 */
#ifndef _EVL_UAPI_DEVICES_LATMUS_H
#define _EVL_UAPI_DEVICES_LATMUS_H

#include <linux/ioctl.h>
#include <linux/types.h>

/* Whose lateness. */
#define EVL_LAT_IRQ  0 /* a timer's function's */
#define EVL_LAT_KERN 1 /* a kernel thread's, which waits for a period */
#define EVL_LAT_USER 2 /* an application's, which waits in EVL_LATIOC_PULSE */
#define EVL_LAT_SIRQ 3 /* what a timer's function posts in-band */

struct latmus_setup {
	__u32 type;	/* EVL_LAT_* */
	__u64 period;	/* ns */
	__s32 priority; /* of the kernel thread */
	__u32 cpu;
	union {
		struct {
			__u32 verbosity;
		} tune;
		struct {
			__u32 xfd; /* cross-buffer which gets the measurements */
			__u32 hcells; /* of the histogram; 0: there is none */
		} measure;
	} u;
};

/* About a second's worth; latencies in ns. */
struct latmus_measurement {
	__s64 sum_lat;
	__s32 min_lat;
	__s32 max_lat;
	__u32 overruns;
	__u32 samples;
};

/* What a measurement leaves behind when it is ended. */
struct latmus_measurement_result {
	__u64 last_ptr;	     /* (struct latmus_measurement *), or 0 */
	__u64 histogram_ptr; /* (__s32 *), as many as there are cells of 1 us */
	__u32 len;	     /* of that, bytes */
};

struct latmus_result {
	/* Measuring: (struct latmus_measurement_result *). Tuning: (__s32 *),
	 * which receives the gravity. */
	__u64 data_ptr;
	__u32 len; /* of that, bytes */
};

#define EVL_LATMUS_IOCBASE 'L'

#define EVL_LATIOC_TUNE	   _IOWR(EVL_LATMUS_IOCBASE, 0, struct latmus_setup)
#define EVL_LATIOC_MEASURE _IOWR(EVL_LATMUS_IOCBASE, 1, struct latmus_setup)
#define EVL_LATIOC_RUN	   _IOR(EVL_LATMUS_IOCBASE, 2, struct latmus_result)
#define EVL_LATIOC_PULSE   _IOW(EVL_LATMUS_IOCBASE, 3, __u64)
#define EVL_LATIOC_RESET   _IO(EVL_LATMUS_IOCBASE, 4)

#endif /* _EVL_UAPI_DEVICES_LATMUS_H */
