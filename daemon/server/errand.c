/* SPDX-License-Identifier: MIT */
#include "server/errand.h"

#include "server/client.h"
#include "server/control.h"
#include "stage/wait.h"

#include <errno.h>
#include <linux/list.h>
#include <linux/sched.h>

/* One that is under way, on the stack of the fiber that waits for it. */
struct errand {
	struct list_head link; /* errands */
	struct client *client;
	uint32_t number;
	struct wait_queue wq;
	bool done;
	int result; /* >= 0: of an OPEN the number */
};

static LIST_HEAD(errands);
static uint32_t last_number;

static void send_errand(struct errand *errand,
			const struct control_errand *body)
{
	struct control_message msg = {
		.header = { .type = CONTROL_ERRAND, .seq = errand->number },
		.u.errand = *body,
	};

	control_send(errand->client, &msg, CONTROL_SIZE(errand));
}

static void finish(struct errand *errand, int result)
{
	errand->done = true;
	errand->result = result;
	wait_queue_flush(&errand->wq, 0);
}

int errand_run(const struct control_errand *body)
{
	struct errand errand = { .client = client_of(current->files) };
	int ret = 0;

	if (errand.client == NULL)
		return -EOPNOTSUPP;

	wait_queue_init(&errand.wq, WAIT_FIFO);
	errand.number = ++last_number;
	list_add_tail(&errand.link, &errands);
	send_errand(&errand, body);

	pi_lock(&errand.wq.lock);
	while (!errand.done && ret == 0)
		ret = wait_queue_sleep(&errand.wq, DEADLINE_NONE);
	pi_unlock(&errand.wq.lock);
	list_del(&errand.link);

	return errand.done ? errand.result : -EINTR;
}

static struct errand *find_errand(const struct client *client, uint32_t number)
{
	struct errand *errand;

	list_for_each_entry(errand, &errands, link)
		if (errand->client == client && errand->number == number &&
		    !errand->done)
			return errand;

	return NULL;
}

void errand_done(struct client *client, const struct control_errand_done *done)
{
	struct errand *errand = find_errand(client, done->number);

	if (errand)
		finish(errand, done->result < 0 ? done->result : 0);
}

int errand_answer(struct client *client, uint32_t number, int result)
{
	struct errand *errand = find_errand(client, number);

	if (errand == NULL)
		return -ENOENT;

	finish(errand, result);

	return 0;
}

void errand_client_left(struct client *client)
{
	struct errand *errand;

	list_for_each_entry(errand, &errands, link)
		if (errand->client == client && !errand->done)
			finish(errand, -EOPNOTSUPP);
}
