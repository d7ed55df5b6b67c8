/* SPDX-License-Identifier: MIT */
/*
 * Handlers of interrupts. There is no hardware here: software raises them, see
 * linux/irq.h.
 *
 * Handlers run on no fiber and must not sleep. One requested with IRQF_OOB runs
 * on the first worker, with interrupts off, as the function of an EVL timer
 * does; any other on the in-band stage, where nothing else runs meanwhile. A
 * handler never runs beside itself, nor beside another one of its line.
 *
 * A thread function runs in-band, on a fiber, and may sleep.
 *
 * Source: driver-api 1, 5.3, 5.4; as in Linux 6.6
 */
#ifndef _LINUX_INTERRUPT_H
#define _LINUX_INTERRUPT_H

#include <linux/bottom_half.h>
#include <linux/compiler.h>
#include <linux/container_of.h>
#include <linux/device.h>
#include <linux/irq.h>
#include <linux/irq_work.h>
#include <linux/irqflags.h>
#include <linux/irqreturn.h>
#include <linux/irqstage.h>
#include <linux/types.h>

/* What of the line interrupts; as IRQ_TYPE_*. */
#define IRQF_TRIGGER_NONE    0x0
#define IRQF_TRIGGER_RISING  0x1
#define IRQF_TRIGGER_FALLING 0x2
#define IRQF_TRIGGER_HIGH    0x4
#define IRQF_TRIGGER_LOW     0x8
#define IRQF_TRIGGER_MASK    0xf
#define IRQF_TRIGGER_PROBE   0x10

#define IRQF_SHARED	     0x80   /* others may have it too, if they say so */
#define IRQF_ONESHOT	     0x2000 /* none until the thread has run */
#define IRQF_NO_AUTOEN	     0x80000  /* enable_irq() it first */
#define IRQF_OOB	     0x100000 /* out-of-band */

/* Mean nothing here. */
#define IRQF_PROBE_SHARED 0x100
#define __IRQF_TIMER	  0x200
#define IRQF_PERCPU	  0x400
#define IRQF_NOBALANCING  0x800
#define IRQF_IRQPOLL	  0x1000
#define IRQF_NO_SUSPEND	  0x4000
#define IRQF_FORCE_RESUME 0x8000
#define IRQF_NO_THREAD	  0x10000
#define IRQF_EARLY_RESUME 0x20000
#define IRQF_COND_SUSPEND 0x40000
#define IRQF_TIMER	  (__IRQF_TIMER | IRQF_NO_SUSPEND | IRQF_NO_THREAD)

typedef irqreturn_t (*irq_handler_t)(int irq, void *dev_id);

/**
 * request_threaded_irq() - have an interrupt handled
 * @irq:	its number
 * @handler:	called for each; IRQ_WAKE_THREAD has @thread_fn run. NULL: it
 *		always is
 * @thread_fn:	may be NULL; once for all of the times it was woken since it
 *		began to run
 * @flags:	IRQF_*
 * @name:	for people
 * @dev_id:	passed on to both; with IRQF_SHARED it tells the handlers of a
 *		line apart
 *
 * Stage:  in-band, from a fiber.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	there is no such interrupt; no function; IRQF_SHARED without
 *		@dev_id or with IRQF_NO_AUTOEN; a thread and IRQF_OOB; a thread,
 *		no handler, and not IRQF_ONESHOT
 *   -EBUSY	another one has it, and not both of them share it on the same
 *		stage, of the same type, with the same IRQF_ONESHOT
 *   -ENOMEM
 */
int request_threaded_irq(unsigned int irq, irq_handler_t handler,
			 irq_handler_t thread_fn, unsigned long flags,
			 const char *name, void *dev_id);

/* The same, without a thread; -EINVAL without a handler. */
static inline int __must_check request_irq(unsigned int irq,
					   irq_handler_t handler,
					   unsigned long flags,
					   const char *name, void *dev_id)
{
	return request_threaded_irq(irq, handler, NULL, flags, name, dev_id);
}

/**
 * free_irq() - have an interrupt handled no more
 * @irq:	its number
 * @dev_id:	as requested
 *
 * On return neither handler nor thread function runs, nor will. What nobody
 * has requested is told in the log.
 *
 * Stage:  in-band, from a fiber; not from a handler.
 * Blocks: until the thread function has returned.
 *
 * Return: the name, NULL if it was not requested so
 */
const void *free_irq(unsigned int irq, void *dev_id);

/**
 * devm_request_threaded_irq() - the same, for as long as a driver is bound
 * @dev:	the device, which owns it from now on
 * @irq:	as request_threaded_irq(), as all below
 * @handler:	...
 * @thread_fn:	...
 * @flags:	...
 * @name:	NULL: the device's
 * @dev_id:	...
 *
 * Stage:  in-band, from a fiber.
 * Blocks: no.
 *
 * Return: 0 or an error, as request_threaded_irq()
 */
int devm_request_threaded_irq(struct device *dev, unsigned int irq,
			      irq_handler_t handler, irq_handler_t thread_fn,
			      unsigned long flags, const char *name,
			      void *dev_id);

static inline int __must_check devm_request_irq(struct device *dev,
						unsigned int irq,
						irq_handler_t handler,
						unsigned long flags,
						const char *name, void *dev_id)
{
	return devm_request_threaded_irq(dev, irq, handler, NULL, flags, name,
					 dev_id);
}

/* free_irq(), before its time. */
void devm_free_irq(struct device *dev, unsigned int irq, void *dev_id);

/**
 * __request_percpu_irq() - have an interrupt handled, with data of each CPU's
 * @irq:	its number, from irq_create_direct_mapping()
 * @handler:	gets the data of the CPU on which it was raised
 * @flags:	IRQF_*, without IRQF_SHARED
 * @name:	for people
 * @percpu_dev_id: from alloc_percpu()
 *
 * Each CPU on which it was raised has the handler run, once.
 *
 * Stage:  in-band, from a fiber.
 * Blocks: no.
 *
 * Return: 0, or
 *   -EINVAL	there is no such synthetic interrupt, no handler or no data, or
 *		IRQF_SHARED
 *   -EBUSY	another one has it
 *   -ENOMEM
 */
int __request_percpu_irq(unsigned int irq, irq_handler_t handler,
			 unsigned long flags, const char *name,
			 void __percpu *percpu_dev_id);
#define request_percpu_irq(irq, handler, name, percpu_dev_id) \
	__request_percpu_irq(irq, handler, 0, name, percpu_dev_id)

/* free_irq(), for the above. */
void free_percpu_irq(unsigned int irq, void __percpu *percpu_dev_id);

/**
 * disable_irq() - hold an interrupt back
 * @irq:	its number
 *
 * Until enable_irq() has been called as often. What comes meanwhile, comes then.
 *
 * Stage:  in-band, from a fiber; from a handler it does not wait.
 * Blocks: until its handlers and thread functions have returned.
 */
void disable_irq(unsigned int irq);
/* The same without waiting. Any stage, does not block. */
void disable_irq_nosync(unsigned int irq);
/* Once less. Any stage, does not block. */
void enable_irq(unsigned int irq);

/* Wait for handlers and thread functions which run. As disable_irq(). */
void synchronize_irq(unsigned int irq);

/*
 * Tasklets: what a handler puts off, as an irq_work. The function runs in-band on
 * no fiber, soon and once, however often it was scheduled meanwhile; it must not
 * sleep.
 */
struct tasklet_struct {
	struct irq_work work; /* the core's own */
	bool use_callback;
	union {
		void (*func)(unsigned long data);
		void (*callback)(struct tasklet_struct *tasklet);
	};
	unsigned long data;
};

/* The core's own. */
void __tasklet_run(struct irq_work *work);

/* clang-format off */
#define DECLARE_TASKLET(name, fn)					\
	struct tasklet_struct name = {					\
		.work = IRQ_WORK_INIT(__tasklet_run),			\
		.use_callback = true,					\
		.callback = (fn),					\
	}
#define DECLARE_TASKLET_OLD(name, fn)					\
	struct tasklet_struct name = {					\
		.work = IRQ_WORK_INIT(__tasklet_run),			\
		.func = (fn),						\
	}
/* clang-format on */

/* In a callback: what embeds the tasklet. */
#define from_tasklet(var, tasklet, field) \
	container_of(tasklet, __typeof__(*(var)), field)

/* Prepare one: for a function with a number, as of old, or for one that gets the
 * tasklet. Any stage, does not block. */
static inline void tasklet_init(struct tasklet_struct *tasklet,
				void (*func)(unsigned long data),
				unsigned long data)
{
	*tasklet = (struct tasklet_struct){
		.work = IRQ_WORK_INIT(__tasklet_run),
		.func = func,
		.data = data,
	};
}

static inline void
tasklet_setup(struct tasklet_struct *tasklet,
	      void (*callback)(struct tasklet_struct *tasklet))
{
	*tasklet = (struct tasklet_struct){
		.work = IRQ_WORK_INIT(__tasklet_run),
		.use_callback = true,
		.callback = callback,
	};
}

/* Have its function run. Any stage, does not block. */
static inline void tasklet_schedule(struct tasklet_struct *tasklet)
{
	irq_work_queue(&tasklet->work);
}
#define tasklet_hi_schedule(tasklet) tasklet_schedule(tasklet)

/* Wait until it is not scheduled. In-band, from a fiber; blocks until its
 * function has run. */
static inline void tasklet_kill(struct tasklet_struct *tasklet)
{
	irq_work_sync(&tasklet->work);
}

/* What comes along in a kernel, so that drivers came to use it without asking. */
#ifdef __KERNEL__
#include <linux/hrtimer.h>
#include <linux/kref.h>
#endif

#endif /* _LINUX_INTERRUPT_H */
