/* SPDX-License-Identifier: MIT */
/*
 * Who requests interrupts (linux/interrupt.h), and the numbers of synthetic
 * ones. All of it in-band.
 */
#include "kapi/irq.h"

#include "base/log.h"
#include "kapi/export.h"
#include "kapi/image.h"
#include "kapi/irq-line.h"
#include "kapi/unload.h"
#include "kapi/workqueue.h"
#include "stage/inband.h"

#include <errno.h>
#include <linux/percpu.h>
#include <stdlib.h>

struct irq_domain {
	unsigned int first;
};

static struct irq_domain synthetic = { .first = NR_SIM_IRQS + 1 };
EXPORT struct irq_domain *const synthetic_irq_domain = &synthetic;

/* The @n'th of @line's, NULL at the end. */
static struct irq_action *nth_action(struct irq_line *line, unsigned int n)
{
	struct irq_action *action;

	if (line->actions.next == NULL)
		return NULL;
	list_for_each_entry(action, &line->actions, link)
		if (n-- == 0)
			return action;

	return NULL;
}

static struct irq_action *find_action(struct irq_line *line, const void *dev_id)
{
	struct irq_action *action;

	for (unsigned int n = 0; (action = nth_action(line, n)); n++)
		if (action->dev_id == dev_id)
			return action;

	return NULL;
}

/* May one with @flags come to what has @line already? */
static bool may_share(struct irq_line *line, unsigned long flags)
{
	const struct irq_action *other = nth_action(line, 0);
	unsigned long alike = IRQF_SHARED | IRQF_ONESHOT | IRQF_OOB |
			      IRQF_PERCPU | IRQF_TRIGGER_MASK;

	if (other == NULL)
		return true;

	return (flags & IRQF_SHARED) && ((other->flags ^ flags) & alike) == 0;
}

/* The driver's function in the thread of an action. */
static const void *whose(const struct work_struct *work)
{
	return (const void *)container_of(work, struct irq_action, thread)
		->thread_fn;
}

static int request(struct irq_line *line, const struct irq_action *wanted)
{
	struct irq_action *action;

	if (!may_share(line, wanted->flags))
		return -EBUSY;
	action = malloc(sizeof(*action));
	if (action == NULL)
		return -ENOMEM;

	workqueue_add_wrapper(irq_action_run_thread, whose);
	*action = *wanted;
	action->line = line;
	INIT_WORK(&action->thread, irq_action_run_thread);
	irq_line_add(line, action);

	return 0;
}

static bool flags_are_sane(const struct irq_action *wanted)
{
	unsigned long flags = wanted->flags;

	if ((flags & IRQF_SHARED) &&
	    (wanted->dev_id == NULL || (flags & IRQF_NO_AUTOEN)))
		return false;
	if ((flags & IRQF_OOB) && wanted->thread_fn)
		return false;

	return wanted->handler || (flags & IRQF_ONESHOT);
}

EXPORT int request_threaded_irq(unsigned int irq, irq_handler_t handler,
				irq_handler_t thread_fn, unsigned long flags,
				const char *name, void *dev_id)
{
	struct irq_line *line = irq_line_at(irq);
	struct irq_action wanted = {
		.handler = handler,
		.thread_fn = thread_fn,
		.flags = flags & ~(unsigned long)IRQF_PERCPU,
		.name = name,
		.dev_id = dev_id,
	};

	if (line == NULL || !irq_line_is_there(line) ||
	    (handler == NULL && thread_fn == NULL) || !flags_are_sane(&wanted))
		return -EINVAL;

	return request(line, &wanted);
}

EXPORT int __request_percpu_irq(unsigned int irq, irq_handler_t handler,
				unsigned long flags, const char *name,
				void __percpu *percpu_dev_id)
{
	struct irq_line *line = irq_line_at(irq);
	struct irq_action wanted = {
		.handler = handler,
		.flags = flags | IRQF_PERCPU,
		.name = name,
		.dev_id = percpu_dev_id,
	};

	if (line == NULL || irq < synthetic.first || !irq_line_is_there(line) ||
	    handler == NULL || percpu_dev_id == NULL || (flags & IRQF_SHARED))
		return -EINVAL;

	return request(line, &wanted);
}

static const char *release(struct irq_action *action)
{
	const char *name = action->name;

	irq_line_remove(action);
	if (action->thread_fn)
		flush_work(&action->thread);
	irq_action_free(action);

	return name;
}

bool irq_try_free(unsigned int irq, void *dev_id)
{
	struct irq_action *action = find_action(irq_line_at(irq), dev_id);

	if (action)
		release(action);

	return action != NULL;
}

EXPORT const void *free_irq(unsigned int irq, void *dev_id)
{
	struct irq_line *line = irq_line_at(irq);
	struct irq_action *action;

	/* It would wait for itself. */
	if (pi_mutex_depth) {
		log_err("a driver frees interrupt %u with a lock held, or in "
			"a handler: not done",
			irq);
		return NULL;
	}

	action = line ? find_action(line, dev_id) : NULL;
	if (action == NULL) {
		log_err("a driver frees interrupt %u, which it has not", irq);
		return NULL;
	}

	return release(action);
}

EXPORT void free_percpu_irq(unsigned int irq, void __percpu *percpu_dev_id)
{
	free_irq(irq, percpu_dev_id);
}

EXPORT void synchronize_irq(unsigned int irq)
{
	struct irq_line *line = irq_line_at(irq);
	struct irq_action *action;

	if (line == NULL)
		return;

	irq_line_await(line);
	if (stage_self != &inband_stage || fiber_current() == NULL)
		return;
	for (unsigned int n = 0; (action = nth_action(line, n)); n++)
		flush_work(&action->thread);
}

EXPORT void disable_irq(unsigned int irq)
{
	disable_irq_nosync(irq);
	synchronize_irq(irq);
}

/*
 * Synthetic interrupts.
 */

static void set_owner(struct irq_line *line, const void *owner)
{
	pi_lock(&line->lock);
	line->owner = owner;
	line->type = IRQ_TYPE_NONE;
	pi_unlock(&line->lock);
}

EXPORT unsigned int irq_create_direct_mapping(struct irq_domain *domain)
{
	if (domain != &synthetic)
		return 0;

	for (unsigned int irq = domain->first; irq < NR_IRQS; irq++) {
		if (irq_line_is_there(irq_line_at(irq)))
			continue;
		set_owner(irq_line_at(irq), __builtin_return_address(0));
		return irq;
	}

	return 0;
}

EXPORT void irq_dispose_mapping(unsigned int irq)
{
	struct irq_line *line = irq_line_at(irq);
	struct irq_action *action;

	if (line == NULL || irq < synthetic.first)
		return;

	while ((action = nth_action(line, 0))) {
		log_err("a driver gives back interrupt %u, which is still "
			"requested as %s",
			irq, action->name ? action->name : "(nothing)");
		release(action);
	}
	set_owner(line, NULL);
}

/*
 * Of a driver which goes.
 */

static bool is_of(const struct irq_action *action, const struct module *mod)
{
	return image_is_of((const void *)(action->handler ? action->handler
							  : action->thread_fn),
			   mod);
}

/* Its handlers run no more; whether its thread does, work_unload() sees. */
static unsigned int unload_from(struct irq_line *line, const struct module *mod)
{
	struct irq_action *action;
	unsigned int count = 0;

	for (unsigned int n = 0; (action = nth_action(line, n));) {
		if (!is_of(action, mod)) {
			n++;
			continue;
		}
		irq_line_remove(action);
		cancel_work(&action->thread);
		irq_action_free(action);
		count++;
	}
	if (line->owner && image_is_of(line->owner, mod)) {
		set_owner(line, NULL);
		count++;
	}

	return count;
}

unsigned int irq_unload(struct module *mod)
{
	unsigned int count = 0;

	for (unsigned int irq = 1; irq < NR_IRQS; irq++)
		count += unload_from(irq_line_at(irq), mod);

	return count;
}
