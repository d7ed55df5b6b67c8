/* SPDX-License-Identifier: MIT */
#include "kapi/irq-line.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/irq.h"
#include "kapi/irqflags.h"
#include "stage/call.h"
#include "stage/inband.h"

#include <errno.h>
#include <linux/percpu.h>
#include <linux/smp.h>
#include <stdlib.h>

static struct irq_line lines[NR_IRQS];
static struct stage *worker;

void irq_set_worker(struct stage *stage)
{
	worker = stage;
}

struct irq_line *irq_line_at(unsigned int irq)
{
	return irq > 0 && irq < NR_IRQS ? &lines[irq] : NULL;
}

unsigned int irq_line_number(const struct irq_line *line)
{
	return (unsigned int)(line - lines);
}

bool irq_line_is_there(const struct irq_line *line)
{
	return irq_line_number(line) <= NR_SIM_IRQS || line->owner;
}

static void serve(struct irq_line *line);

static void serve_on_worker(struct stage_item *item)
{
	serve(container_of(item, struct irq_line, to_worker));
}

static void serve_inband(struct irq_work *work)
{
	serve(container_of(work, struct irq_line, to_inband));
}

/* If there is something to call handlers for, see that they are. Locked. */
static void post(struct irq_line *line)
{
	if (line->posted || line->nr_disabled || line->nr_holds ||
	    cpumask_empty(&line->pending) || (line->oob && worker == NULL))
		return;

	line->posted = true;
	if (line->oob) {
		line->to_worker.func = serve_on_worker;
		stage_post(worker, &line->to_worker);
	} else {
		line->to_inband.func = serve_inband;
		irq_work_queue(&line->to_inband);
	}
}

/*
 * Serving.
 */

static void wake_thread(struct irq_action *action)
{
	struct irq_line *line = action->line;

	pi_lock(&line->lock);
	if ((action->flags & IRQF_ONESHOT) && !action->holds) {
		action->holds = true;
		line->nr_holds++;
	}
	pi_unlock(&line->lock);
	queue_work(system_highpri_wq, &action->thread);
}

/* Its thread need not run first any more. */
static void let_go(struct irq_action *action)
{
	struct irq_line *line = action->line;

	pi_lock(&line->lock);
	if (action->holds) {
		action->holds = false;
		line->nr_holds--;
		post(line);
	}
	pi_unlock(&line->lock);
}

static const char *name_of(const struct irq_action *action)
{
	return action->name ? action->name : "(nothing)";
}

void irq_action_run_thread(struct work_struct *work)
{
	struct irq_action *action =
		container_of(work, struct irq_action, thread);
	struct stage_call call = {
		.what = "interrupt thread of",
		.name = name_of(action),
		.func = (const void *)action->thread_fn,
	};

	action->running = true;
	stage_call_begin(&call);
	action->thread_fn((int)irq_line_number(action->line), action->dev_id);
	stage_call_end(&call);
	action->running = false;
	if (action->gone)
		free(action);
	else
		let_go(action);
}

void irq_action_free(struct irq_action *action)
{
	let_go(action);
	if (action->running)
		action->gone = true;
	else
		free(action);
}

static irqreturn_t call_handler(struct irq_action *action, void *dev_id)
{
	int irq = (int)irq_line_number(action->line);
	struct stage_call call = {
		.what = "interrupt handler of",
		.name = name_of(action),
		.func = (const void *)action->handler,
	};
	struct stage *stage = stage_self;
	irqreturn_t ret;

	stage_call_begin(&call);
	if (stage->oob)
		irq_enter_handler();
	ret = action->handler(irq, dev_id);
	if (stage->oob)
		irq_leave_handler();
	stage_call_end(&call);

	return ret;
}

static void call(struct irq_action *action, void *dev_id)
{
	irqreturn_t ret = IRQ_WAKE_THREAD;

	if (action->handler)
		ret = call_handler(action, dev_id);
	if (ret == IRQ_WAKE_THREAD && action->thread_fn)
		wake_thread(action);
}

static void call_all(struct irq_line *line, const struct cpumask *cpus)
{
	struct irq_action *action;
	unsigned int cpu;

	list_for_each_entry(action, &line->actions, link) {
		if (!line->percpu) {
			call(action, action->dev_id);
			continue;
		}
		for_each_cpu(cpu, cpus)
			call(action, __per_cpu_ptr(action->dev_id, cpu));
	}
}

/* What is pending, which is so no more. False: nothing that is to be served
 * here and now. */
static bool take_pending(struct irq_line *line, struct cpumask *r_cpus)
{
	bool any;

	pi_lock(&line->lock);
	line->posted = false;
	/* Meanwhile it may have become another stage's. */
	if (line->oob != stage_self->oob)
		post(line);
	any = !line->posted && !line->nr_disabled && !line->nr_holds &&
	      !cpumask_empty(&line->pending);
	if (any) {
		cpumask_copy(r_cpus, &line->pending);
		cpumask_clear(&line->pending);
	}
	pi_unlock(&line->lock);

	return any;
}

/* From the scheduler of its stage. */
static void serve(struct irq_line *line)
{
	struct cpumask cpus;

	if (!take_pending(line, &cpus))
		return;

	pi_lock(&line->busy);
	call_all(line, &cpus);
	pi_unlock(&line->busy);
}

void irq_line_await(struct irq_line *line)
{
	if (pi_mutex_depth)
		return;

	pi_lock(&line->busy);
	pi_unlock(&line->busy);
}

/*
 * Requests.
 */

void irq_line_add(struct irq_line *line, struct irq_action *action)
{
	pi_lock(&line->busy);
	if (line->actions.next == NULL)
		INIT_LIST_HEAD(&line->actions);
	list_add_tail(&action->link, &line->actions);
	pi_unlock(&line->busy);

	pi_lock(&line->lock);
	if (!line->requested) {
		line->requested = true;
		line->oob = action->flags & IRQF_OOB;
		line->percpu = action->flags & IRQF_PERCPU;
		line->nr_disabled = action->flags & IRQF_NO_AUTOEN ? 1 : 0;
	}
	if (action->flags & IRQF_TRIGGER_MASK)
		line->type = action->flags & IRQF_TRIGGER_MASK;
	pi_unlock(&line->lock);
}

void irq_line_remove(struct irq_action *action)
{
	struct irq_line *line = action->line;
	bool last;

	pi_lock(&line->busy);
	list_del(&action->link);
	last = list_empty(&line->actions);
	pi_unlock(&line->busy);
	if (!last)
		return;

	pi_lock(&line->lock);
	line->requested = false;
	line->percpu = false;
	line->nr_disabled = 0;
	cpumask_clear(&line->pending);
	pi_unlock(&line->lock);
}

/*
 * Who else is told.
 */

void irq_tap_add(unsigned int irq, struct irq_tap *tap)
{
	struct irq_line *line = irq_line_at(irq);

	pi_lock(&line->lock);
	tap->next = line->taps;
	line->taps = tap;
	pi_unlock(&line->lock);
}

void irq_tap_remove(unsigned int irq, struct irq_tap *tap)
{
	struct irq_line *line = irq_line_at(irq);
	struct irq_tap **link = &line->taps;

	pi_lock(&line->lock);
	while (*link && *link != tap)
		link = &(*link)->next;
	if (*link)
		*link = tap->next;
	pi_unlock(&line->lock);
}

static void tell_taps(struct irq_line *line)
{
	for (struct irq_tap *tap = line->taps; tap; tap = tap->next)
		tap->raised(tap);
}

/*
 * Who raises them.
 */

EXPORT int generic_handle_irq(unsigned int irq)
{
	struct irq_line *line = irq_line_at(irq);
	int ret = -EINVAL;

	if (line == NULL)
		return ret;

	pi_lock(&line->lock);
	if (irq_line_is_there(line))
		ret = 0;
	if (line->requested) {
		cpumask_set_cpu(line->percpu ? smp_processor_id() : 0,
				&line->pending);
		post(line);
	}
	tell_taps(line);
	pi_unlock(&line->lock);

	return ret;
}

EXPORT int irq_inject_pipeline(unsigned int irq)
{
	return generic_handle_irq(irq);
}

EXPORT void irq_post_inband(unsigned int irq)
{
	(void)generic_handle_irq(irq);
}

EXPORT int irq_set_irq_type(unsigned int irq, unsigned int type)
{
	struct irq_line *line = irq_line_at(irq);
	int ret = -EINVAL;

	if (line == NULL || type & ~(unsigned int)IRQ_TYPE_SENSE_MASK)
		return ret;

	pi_lock(&line->lock);
	if (irq_line_is_there(line)) {
		line->type = type;
		ret = 0;
	}
	pi_unlock(&line->lock);

	return ret;
}

EXPORT u32 irq_get_trigger_type(unsigned int irq)
{
	struct irq_line *line = irq_line_at(irq);
	u32 type;

	if (line == NULL)
		return IRQ_TYPE_NONE;

	pi_lock(&line->lock);
	type = line->type;
	pi_unlock(&line->lock);

	return type;
}

EXPORT void disable_irq_nosync(unsigned int irq)
{
	struct irq_line *line = irq_line_at(irq);

	if (line == NULL)
		return;

	pi_lock(&line->lock);
	line->nr_disabled++;
	pi_unlock(&line->lock);
}

EXPORT void enable_irq(unsigned int irq)
{
	struct irq_line *line = irq_line_at(irq);
	bool balanced;

	if (line == NULL)
		return;

	pi_lock(&line->lock);
	balanced = line->nr_disabled > 0;
	if (balanced) {
		line->nr_disabled--;
		post(line);
	}
	pi_unlock(&line->lock);
	if (!balanced)
		log_err("a driver enables interrupt %u, which is not disabled",
			irq);
}
