/* SPDX-License-Identifier: MIT */
/*
 * Trace points. With evl-cused --verbose each leaves a line in the log, with
 * the date on CLOCK_MONOTONIC and the stage; of texts the first 31 characters.
 * When they come too fast some are lost, and their number is told.
 *
 * Stage: any. None blocks, or makes a system call.
 *
 * Source: driver-api 2.19
 */
#ifndef _TRACE_EVENTS_EVL_H
#define _TRACE_EVENTS_EVL_H

#include <linux/types.h>

void trace_evl_trigger(const char *name);
void trace_evl_trace(const char *msg);
void trace_evl_latspot(int latency_ns);
void trace_evl_fpu_corrupt(unsigned int fp_val);

#endif /* _TRACE_EVENTS_EVL_H */
