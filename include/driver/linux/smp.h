/* SPDX-License-Identifier: MIT */
/*
 * On which CPU code runs. Each stage has the number of one: a worker that of the
 * CPU it is pinned to, the in-band stage that of one without a worker, if there
 * is one. A worker which could not be pinned has one all the same. The system
 * may run such threads elsewhere; the numbers tell who shares data with whom.
 *
 * Source: driver-api 5.2; as in Linux 6.6
 */
#ifndef _LINUX_SMP_H
#define _LINUX_SMP_H

#include <linux/cpumask.h>
#include <linux/preempt.h>

/**
 * smp_processor_id() - the number of the caller's CPU
 *
 * Stage:  any.
 * Blocks: no.
 */
unsigned int smp_processor_id(void);
#define raw_smp_processor_id() smp_processor_id()

/* Fibers give way by themselves alone, and never change their CPU. */
#define get_cpu() smp_processor_id()
#define put_cpu() preempt_enable()

#endif /* _LINUX_SMP_H */
