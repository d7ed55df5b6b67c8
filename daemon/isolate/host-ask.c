/* SPDX-License-Identifier: MIT */
/* What is asked of the daemon by messages, and who waits for its answer. */
#include "base/cleanup.h"
#include "isolate/host.h"
#include "stage/stage.h"

#include <errno.h>

/* Who waits, on its stack. */
struct asked {
	uint64_t id;
	enum isolate_message_type answer;
	bool answered;
	int result;
	int *fds; /* where those of the answer go */
	unsigned int max_fds;
	struct wait_queue wq;
	struct list_head link;
};

static LIST_HEAD(all_asked);

static struct asked *find(const struct isolate_message *msg)
{
	struct asked *asked;

	list_for_each_entry(asked, &all_asked, link)
		if (asked->answer == msg->type && asked->id == msg->node &&
		    !asked->answered)
			return asked;

	return NULL;
}

void host_answered(const struct isolate_message *msg, const int *fds,
		   unsigned int nr_fds)
{
	struct asked *asked = find(msg);

	for (unsigned int i = 0; i < nr_fds; i++) {
		if (asked && i < asked->max_fds)
			asked->fds[i] = fds[i];
		else
			fd_close(fds[i]);
	}
	if (asked == NULL)
		return;
	asked->answered = true;
	asked->result = msg->result;
	wait_queue_flush(&asked->wq, 0);
}

static int await(struct asked *asked)
{
	pi_lock(&asked->wq.lock);
	while (!asked->answered)
		wait_queue_sleep_uninterruptible(&asked->wq, DEADLINE_NONE);
	pi_unlock(&asked->wq.lock);

	return asked->result;
}

int host_ask(const struct isolate_message *msg,
	     enum isolate_message_type answer, int *fds, unsigned int max_fds)
{
	struct asked asked = {
		.id = msg->node,
		.answer = answer,
		.fds = fds,
		.max_fds = max_fds,
	};
	int ret;

	/* On no fiber nobody can wait. */
	if (fiber_current() == NULL)
		return -EAGAIN;

	for (unsigned int i = 0; i < max_fds; i++)
		fds[i] = -1;
	wait_queue_init(&asked.wq, WAIT_FIFO);
	list_add_tail(&asked.link, &all_asked);
	host_send(msg);
	ret = await(&asked);
	list_del(&asked.link);

	return ret;
}
