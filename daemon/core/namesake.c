/* SPDX-License-Identifier: MIT */
#include "core/namesake.h"

#include "stage/clock.h"
#include "vfs/file.h"

#include <errno.h>

#define PATIENCE_NS (5 * NS_PER_SEC)

static bool is_open_on(const struct open_file *of,
		       const struct evl_element *element)
{
	struct file *filp = (struct file *)&of->filp;

	return filp->f_op == element->factory->inside->fops &&
	       element_behind(filp) == element;
}

/* Nobody has it any more, but for those who are about to give it back. */
static bool is_going(const struct evl_element *element)
{
	const struct open_file *of;

	for (of = open_file_next(NULL); of; of = open_file_next(of))
		if (!of->releasing && is_open_on(of, element))
			return false;

	return element->factory->held == NULL ||
	       !element->factory->held(element);
}

int namesake_await(struct evl_factory *fac, const char *name)
{
	uint64_t deadline = clock_ns() + PATIENCE_NS;
	struct evl_element *element;
	struct wait_queue *gone;
	int ret;

	while ((element = element_find(fac, name)) != NULL) {
		/* What ended processes had open is closed by now, and the
		 * kernel has told us, if only we listen. */
		node_drain();
		if (!is_going(element))
			return -EEXIST;

		gone = &fac->inside->gone;
		pi_lock(&gone->lock);
		ret = wait_queue_sleep(gone, deadline);
		pi_unlock(&gone->lock);
		if (ret)
			return ret == -ETIMEDOUT ? -EEXIST : ret;
	}

	return 0;
}
