/* SPDX-License-Identifier: MIT */
/* The work items of a driver which goes. */
#include "kapi/unload.h"

#include "base/log.h"
#include "kapi/image.h"
#include "kapi/workqueue-inside.h"
#include "stage/clock.h"

#include <linux/module.h>

#define PATIENCE_NS NS_PER_SEC /* with an item which runs */

/* One of @mod's in @list. */
static struct work_struct *find_in(const struct list_head *list,
				   const struct module *mod)
{
	struct work_struct *work;

	list_for_each_entry(work, list, entry)
		if (image_is_of(work_whose(work), mod))
			return work;

	return NULL;
}

/* One of @mod's that waits, wherever that is. In-band, locked. */
static struct work_struct *find_of(const struct module *mod)
{
	struct work_struct *work = find_in(&works.delayed, mod);
	const struct workqueue_struct *wq;
	const struct runner *runner;

	for (int i = 0; work == NULL && work_system_queues[i]; i++)
		work = find_in(&work_system_queues[i]->items, mod);
	list_for_each_entry(wq, &works.queues, link)
		if (work == NULL)
			work = find_in(&wq->items, mod);
	list_for_each_entry(runner, &works.runners, link)
		if (work == NULL)
			work = find_in(&runner->again, mod);

	return work;
}

static unsigned int take_off_those_of(const struct module *mod)
{
	struct work_struct *work;
	unsigned int count = 0;

	pi_lock(&works.lock);
	for (; (work = find_of(mod)); count++) {
		if (work->state == WORK_DELAYED)
			work_take_off_delayed(
				container_of(work, struct delayed_work, work));
		else
			work_take_off(work);
	}
	pi_unlock(&works.lock);

	return count;
}

bool work_runs_on(const struct module *mod)
{
	const struct runner *runner;

	list_for_each_entry(runner, &works.runners, link)
		if (runner->item && image_is_of(runner->whose, mod))
			return true;

	return false;
}

static void set_going(const struct module *mod)
{
	pi_lock(&works.lock);
	works.going = mod;
	pi_unlock(&works.lock);
}

unsigned int work_unload(struct module *mod)
{
	unsigned int count;
	uint64_t deadline = clock_ns() + PATIENCE_NS;
	int ret = 0;

	set_going(mod);
	count = take_off_those_of(mod);
	pi_lock(&works.ends.lock);
	while (work_runs_on(mod) && ret == 0)
		ret = wait_queue_sleep_uninterruptible(&works.ends, deadline);
	pi_unlock(&works.ends.lock);
	set_going(NULL);
	if (ret)
		log_err("driver %s: a work item of it does not end", mod->name);

	return count;
}
