/* SPDX-License-Identifier: MIT */
/*
 * On a stage one fiber runs until it sleeps or ends: nothing of the same stage
 * comes in between, and there is nothing to be disabled. The other stage does.
 *
 * Source: driver-api 2.8; as in Linux 6.6
 */
#ifndef _LINUX_PREEMPT_H
#define _LINUX_PREEMPT_H

#include <linux/compiler.h>
#include <stdbool.h>

#define preempt_disable()	    barrier()
#define preempt_enable()	    barrier()
#define preempt_enable_no_resched() barrier()
#define migrate_disable()	    barrier()
#define migrate_enable()	    barrier()
#define local_bh_disable()	    barrier()
#define local_bh_enable()	    barrier()

/* Is the caller in no handler, nor on any other fiber: in a timer's function,
 * say, where it must not sleep? Any stage, does not block. */
bool in_interrupt(void);
#define in_irq()	     in_interrupt()
#define in_hardirq()	     in_interrupt()
#define in_softirq()	     in_interrupt()
#define in_serving_softirq() in_interrupt()
#define in_nmi()	     false
#define preemptible()	     (!in_interrupt())
#define in_atomic()	     in_interrupt()
#define in_task()	     (!in_interrupt())

#endif /* _LINUX_PREEMPT_H */
